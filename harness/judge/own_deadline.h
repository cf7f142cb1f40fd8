// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a sleep ends by itself: a system call that was given a time. Such a task may sleep for an
// hour and hang nowhere. Read from /proc/PID/syscall and the stack; pure.
#pragma once

#include <optional>
#include <string>

#include "harness/model/evidence.h"

namespace hangrate {

/// The call that has a deadline, "poll"; nullopt: none is seen. A deadline that no source shows
/// (SO_RCVTIMEO, an interval timer) is not seen either.
std::optional<std::string> own_deadline(const TaskSample& task);

}  // namespace hangrate
