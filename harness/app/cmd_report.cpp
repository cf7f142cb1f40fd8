// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/matrix_show.h"
#include "harness/cli/drive.h"
#include "harness/matrix/matrix_store.h"
#include "harness/report/format.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions show;
  std::string from;
  bool reclassify = false;
  MatrixShow matrix;
};

/// What a reader of the report has to know of its source.
void tell_source(std::uint64_t cut_off, std::uint64_t unknown) {
  if (cut_off > 0) {
    say(stderr, "hangrate: {} cut off by a kill; left out\n",
        plural(cut_off, "last record was", "last records were"));
  }
  if (unknown > 0) {
    say(stderr, "hangrate: {} of a later version left out\n", plural(unknown, "record", "records"));
  }
}

void tell_reclassified(std::uint64_t changed) {
  say(stderr, "hangrate: {} verdicts changed by judging again\n", changed);
}

int report_matrix(const Options& options) {
  auto matrix = load_matrix(options.from, options.reclassify);
  if (!matrix) return complain(matrix.error());
  tell_source(matrix->cut_off, matrix->unknown_records);
  if (options.reclassify) tell_reclassified(matrix->reclassified);
  summarize(matrix->summary);
  MatrixShow show = options.matrix;
  show.json = options.show.json;
  show.ktap = options.show.ktap;
  show.quiet = options.show.quiet;
  show.no_colour = options.show.no_colour;
  if (const auto usable = check_matrix_show(show); !usable) return complain(usable.error());
  return present_matrix(matrix->summary, show);
}

int report(const Options& options) {
  if (holds_matrix(options.from)) return report_matrix(options);
  if (!(options.matrix.html + options.matrix.markdown + options.matrix.junit).empty()) {
    return complain(Error::usage("--html, --markdown and --junit are for a matrix run; " +
                                 options.from + " holds none"));
  }
  const auto run = load_run(options.from, options.reclassify);
  if (!run) return complain(run.error());
  tell_source(run->cut_off ? 1 : 0, run->unknown_records);
  if (options.reclassify) tell_reclassified(run->reclassified);
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
  add_matrix_show_options(*command, options->matrix);
  return [options] { return report(*options); };
}

}  // namespace hangrate
