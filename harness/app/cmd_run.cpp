// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "harness/app/commands.h"
#include "harness/cli/drive.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions run;
  std::string repro_dir;
};

int run(const Options& options, const std::vector<std::string>& argv) {
  std::vector<std::string> complaints;
  const auto catalog = load_catalog(catalog_folder(options.repro_dir), &complaints);
  for (const std::string& complaint : complaints)
    std::fprintf(stderr, "hangrate: %s\n", complaint.c_str());
  if (!catalog) return complain(catalog.error());
  const bool resume = !options.run.resume.empty();
  auto plan = resume ? make_resume_plan(options.run, *catalog)
                     : make_plan(options.run, *catalog, argv, true, examine_machine());
  if (!plan) return complain(plan.error());
  if (plan->results.empty()) plan->results = default_results_folder();
  return drive(std::move(*plan), options.run);
}

}  // namespace

CommandBody add_run_command(CLI::App& app, std::vector<std::string> argv) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("run", "Run reproducers on this kernel and report hit rates");
  command->add_option("repro", options->run.selectors, "REPRO or REPRO/VARIANT (default: all)");
  add_run_options(*command, options->run);
  command->add_option("--resume", options->run.resume, "Go on with the run in this results folder");
  command->add_option("--repro-dir", options->repro_dir, "Where the reproducers are");
  command->footer(
      "Examples:\n"
      "  hangrate run                                   all reproducers, about two minutes\n"
      "  hangrate run pipe_resize_stall --until-excluded 0.0003\n"
      "  hangrate run fuse_flush_exit/self-held --trials 1000 --json -\n"
      "  hangrate run --resume hangrate-20260101-120000 after a kill or Ctrl-C");
  return [options, argv = std::move(argv)] { return run(*options, argv); };
}

}  // namespace hangrate
