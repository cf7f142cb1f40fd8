// SPDX-License-Identifier: GPL-2.0-or-later
//
// The state letter of a process, from /proc/PID/stat: cheap, and takes no lock a victim may hold.
#pragma once

namespace hangrate::pipe_full_child {

/// 'R', 'S', ... as in proc_pid_stat(5); '?' if there is no such process or no /proc.
char task_state(int pid);

}  // namespace hangrate::pipe_full_child
