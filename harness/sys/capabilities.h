// SPDX-License-Identifier: GPL-2.0-or-later
//
// What works on this machine, found by doing it, never by the presence of a file: evidence sources
// are tried on a sleeping child of ours, BPF by attaching a program, KVM by running a guest.
#pragma once

#include <vector>

#include "harness/model/environment.h"

namespace hangrate {

/// Sources and means a run on this kernel uses; takes some milliseconds.
std::vector<Capability> probe_capabilities();

/// Whether a tracing program may be loaded and attached.
Capability probe_bpf();

/// Whether a KVM guest really runs here; up to 5 s where /dev/kvm exists and does not work.
Capability probe_kvm();

}  // namespace hangrate
