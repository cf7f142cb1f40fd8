// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a script and a shell's command line say of the programs they need. Pure; any bytes may be
// given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

/// The first line of a script: "#!/usr/bin/env -S python3 -u".
struct ScriptHead {
  std::string interpreter;  ///< as it stands there
  std::string program;      ///< what env(1) starts, "" if the interpreter is not env
};

/// nullopt: the kernel takes it for no script (v6.1 fs/binfmt_script.c, load_script(): the line and
/// all before it in 256 bytes).
std::optional<ScriptHead> script_head(std::string_view file);

/// Is the program of this path a shell, whose scripts call programs by plain words?
bool is_shell(std::string_view path);

/// Every word of a shell's text that may name a program or a file, each once: too many rather than
/// too few. Lines that are comments have none.
std::vector<std::string> names_in_shell(std::string_view text);

}  // namespace hangrate
