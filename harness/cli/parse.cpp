// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/parse.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/cli/exit_codes.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

/// An empty word is a shell variable that was not set; taking it for "not given" would run
/// something else than was meant.
void refuse_empty_words(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->check([](const std::string& word) {
      return word.empty() ? std::string("the value is empty") : std::string();
    });
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_empty_words(*command);
}

}  // namespace

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  refuse_empty_words(app);
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
