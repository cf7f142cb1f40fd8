// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the process that is a guest is confined: whoever breaks out of a guest into it should find
// nothing. And whether that holds on this machine, tried with a QEMU without a guest.
#pragma once

#include <string>
#include <vector>

#include "harness/guest/machine.h"
#include "harness/model/environment.h"
#include "harness/sys/confinement.h"

namespace hangrate {

/// QEMU's own filter: no old system calls, no other users, no programs, no scheduling of others.
inline constexpr const char* kQemuSandbox =
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// Of QEMU for `setup`. As a user of its own if we are root, unless only root may open /dev/kvm.
Confinement qemu_confinement(const GuestSetup& setup);

/// Of a user-mode kernel: its guest's processes are processes of this machine that it traces, so it
/// keeps our user and its address space.
Confinement uml_confinement(const GuestSetup& setup);

/// Starts a QEMU that runs nothing and looks at its process: filter, user, privileges, environment,
/// descriptors, limits. Up to 5 s.
Capability probe_confinement(const std::string& accel);

}  // namespace hangrate
