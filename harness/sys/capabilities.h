// SPDX-License-Identifier: GPL-2.0-or-later
//
// What works on this machine, found by doing it, never by the presence of a file: evidence sources
// are tried on a sleeping child of ours, BPF by attaching a program, KVM by running a guest.
#pragma once

#include <string>
#include <vector>

#include "harness/model/environment.h"

namespace hangrate {

/// Sources and means a run on this kernel uses; takes some milliseconds.
std::vector<Capability> probe_capabilities();

/// Whether a tracing program may be loaded and attached.
Capability probe_bpf();

/// Whether an ordinary guest, a Linux kernel, really runs under KVM here; up to 10 s where it does
/// not. `kernel` is a bzImage. Firmware that runs proves nothing:
/// there are hosts on which it does and every kernel hangs.
struct KvmProbe {
  Capability capability;
  bool conclusive = false;  ///< a guest ran or hung: the answer is about KVM
};
KvmProbe probe_kvm(const std::string& kernel);

/// The newest kernel image of /boot, "" if there is none.
std::string newest_kernel_image();

/// What KVM is for and how to get it, before anything is known of it.
Capability untried_kvm();

}  // namespace hangrate
