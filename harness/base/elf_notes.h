// SPDX-License-Identifier: GPL-2.0-or-later
//
// What ELF notes say, as they lie in /sys/kernel/notes or in a PT_NOTE segment. Pure; any bytes may
// be given.
#pragma once

#include <string>
#include <string_view>

namespace hangrate {

/// The first GNU build id (NT_GNU_BUILD_ID of <elf.h>) among little-endian notes, in hex; "" if
/// there is none.
std::string gnu_build_id(std::string_view notes);

}  // namespace hangrate
