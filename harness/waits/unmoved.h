// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is said of a task of which only its sleep is known. Never a hang: I/O may take its time.
// Pure.
#pragma once

#include <optional>

#include "harness/model/evidence.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// It slept uninterruptibly from `first` to `now`, `span` later, without a context switch.
std::optional<StuckTask> unmoved(const TaskSample& first, const TaskSample& now, Nanos span);

/// A read of its files blocked a reader, and it sleeps in no such way.
StuckTask unreadable(const TaskSample& task);

}  // namespace hangrate
