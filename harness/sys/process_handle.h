// SPDX-License-Identifier: GPL-2.0-or-later
//
// A handle of a process (a pidfd): unlike its number it never means another process. Nothing here
// waits.
#pragma once

#include <sys/types.h>

#include "harness/base/unique_fd.h"

namespace hangrate {

/// pidfd_open(2), v5.3. None, with errno set: ESRCH no such process, EINVAL or ENOENT the number of
/// a thread, ENOSYS or EPERM not to be had here.
UniqueFd open_process(pid_t pid);

/// pidfd_send_signal(2), v5.1. False: not sent.
bool signal_process(const UniqueFd& process, int signal);

/// Has every thread of it ended?
bool has_ended(const UniqueFd& process);

}  // namespace hangrate
