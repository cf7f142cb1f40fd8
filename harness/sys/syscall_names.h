// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of the system calls that manifests speak of, by their number on this architecture.
#pragma once

#include <string>

namespace hangrate {

/// "" if the number is none of them.
std::string syscall_name(long number);

}  // namespace hangrate
