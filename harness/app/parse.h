// SPDX-License-Identifier: GPL-2.0-or-later
//
// parse(): CLI11's exceptions end here. Help and version give 0, every mistake one line and exit 2;
// an empty word as a value is a mistake.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace hangrate {

/// nullopt: go on; else the exit code.
std::optional<int> parse(CLI::App& app, int argc, char** argv);

}  // namespace hangrate
