// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hangrate that a guest gets. It runs reproducers for a matrix, and has no other command.
#include <CLI/CLI.hpp>

#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/app/parse.h"
#include "harness/app/run_options.h"
#include "harness/app/version.h"

namespace hangrate {

namespace {

int run(const RunOptions& options, const std::string& repros, std::vector<std::string> argv) {
  std::vector<std::string> complaints;
  const auto catalog = load_catalog(repros, &complaints);
  for (const std::string& complaint : complaints) say(stderr, "hangrate: {}\n", complaint);
  if (!catalog) return complain(catalog.error());
  auto plan = make_plan(options, *catalog, argv, examine_machine());
  return plan ? drive(std::move(*plan), options) : complain(plan.error());
}

}  // namespace

}  // namespace hangrate

int main(int argc, char** argv) {
  using namespace hangrate;
  RunOptions options;
  std::string repros;
  CLI::App app("hangrate for guests: runs reproducers for a matrix", "hangrate");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(kExitCodeHelp);
  CLI::App* command = app.add_subcommand("run", "Run reproducers on this kernel");
  command->add_option("repro", options.selectors, "REPRO or REPRO/VARIANT");
  command->add_option("--repro-dir", repros, "Where the reproducers are")->required();
  add_run_options(*command, options);
  if (const auto code = parse(app, argc, argv)) return *code;
  return run(options, repros, {argv, argv + argc});
}
