// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "harness/cli/commands.h"
#include "harness/cli/drive.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions show;
  std::string from;
  bool reclassify = false;
};

int report(const Options& options) {
  const auto run = load_run(options.from, options.reclassify);
  if (!run) return complain(run.error());
  if (run->cut_off) {
    std::fprintf(stderr, "hangrate: the last record was cut off by a kill; it is left out\n");
  }
  if (run->unknown_records > 0) {
    std::fprintf(stderr, "hangrate: %llu records of a later version are left out\n",
                 static_cast<unsigned long long>(run->unknown_records));
  }
  if (options.reclassify) {
    std::fprintf(stderr, "hangrate: %llu verdicts changed by judging again\n",
                 static_cast<unsigned long long>(run->reclassified));
  }
  return present(summarize(run->header, run->cells), options.show);
}

}  // namespace

CommandBody add_report_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("report", "Report a recorded run from its journal alone");
  command->add_option("results", options->from, "Results folder or journal file")->required();
  command->add_option("--json", options->show.json, "Write JSON to this file, - for stdout");
  command->add_flag("--ktap", options->show.ktap, "Print KTAP instead of the table");
  command->add_flag("-q,--quiet", options->show.quiet, "No proofs");
  command->add_flag("--no-color,--no-colour", options->show.no_colour, "No colour");
  command->add_flag("--reclassify", options->reclassify,
                    "Judge every stored observation again with the rules of this version");
  return [options] { return report(*options); };
}

}  // namespace hangrate
