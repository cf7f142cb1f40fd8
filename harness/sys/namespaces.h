// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of the kernel and its namespaces decides what can be read of others.
#pragma once

namespace hangrate {

/// The kernel's release as major * 1000 + minor; 0: not known.
int kernel_release();

/// Every process of the machine has a number here, and the kernel's numbers are ours. (The numbers
/// of the initial namespaces are fixed: include/linux/proc_ns.h, v3.8 to v7.2.)
bool in_initial_pid_namespace();

/// The kernel's clock is ours. Kernels before v5.6 have no other.
bool in_initial_time_namespace();

}  // namespace hangrate
