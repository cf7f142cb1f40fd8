// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/parse.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/cli/exit_codes.h"
#include "harness/report/safe_text.h"

namespace hangrate {

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    app.exit(wanted);
    return kExitAsExpected;
  } catch (const CLI::ParseError& mistake) {
    std::fprintf(stderr, "%s: %s (see --help)\n", app.get_name().c_str(),
                 safe_line(mistake.what()).c_str());
    return kExitUsage;
  }
  return std::nullopt;
}

}  // namespace hangrate
