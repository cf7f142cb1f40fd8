// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/parse.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/app/exit_codes.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

int complain_of(const CLI::App& app, const std::string& mistake) {
  std::fprintf(stderr, "%s: %s (see --help)\n", app.get_name().c_str(), safe_line(mistake).c_str());
  return kExitUsage;
}

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

/// "--name=" with nothing behind it: CLI11 (2.1.2) would take the next word, even another option.
std::string without_value(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") break;
    if (word.starts_with("-") && word.find('=') + 1 == word.size()) return word;
  }
  return "";
}

}  // namespace

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  refuse_empty_words(app);
  if (const std::string word = without_value(argc, argv); !word.empty()) {
    return complain_of(app, word + ": the value is empty");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    app.exit(wanted);
    return kExitAsExpected;
  } catch (const CLI::ParseError& mistake) {
    return complain_of(app, mistake.what());
  }
  return std::nullopt;
}

}  // namespace hangrate
