// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an ELF program or library says it needs before it can run, from its headers alone: nothing
// of it is executed. Pure; any bytes may be given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct ElfProgram {
  std::string interpreter;          ///< PT_INTERP, "" = none: static, or a library
  std::vector<std::string> needed;  ///< DT_NEEDED, in order
  std::string rpath;                ///< DT_RPATH, folders between ':'
  std::string runpath;              ///< DT_RUNPATH
};

/// Does it begin as ELF files do?
bool is_elf(std::string_view file);

/// Usage error, without a name of the file: it is cut short, it is no program or library, or it is
/// one for another machine than x86-64. <elf.h>; System V ABI, "Program Loading".
Result<ElfProgram> read_elf(std::string_view file);

}  // namespace hangrate
