// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which capabilities a process of a run has: no more than what it is for. Without the right to drop
// them (not root) there is nothing to drop. capabilities.h is about what a machine can do.
#pragma once

namespace hangrate {

/// For what is executed next and all it starts: no kernel modules, raw devices, reboot, clock,
/// audit, security policy, kernel log, BPF or perf. Mounts, namespaces, limits and the network
/// stay, because hangs are made of them. Only async-signal-safe calls.
void drop_what_no_reproducer_needs();

/// For a helper of ours from now on: look at any task, signal it, mount and abort in
/// fusectl, take a real-time priority.
void keep_what_a_helper_needs();

}  // namespace hangrate
