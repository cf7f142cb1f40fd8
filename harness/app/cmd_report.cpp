// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "harness/app/commands.h"
#include "harness/app/matrix_show.h"
#include "harness/cli/drive.h"
#include "harness/matrix/matrix_store.h"

namespace hangrate {

namespace {

struct Options {
  RunOptions show;
  std::string from;
  bool reclassify = false;
  MatrixShow matrix;
};

int report_matrix(const Options& options) {
  auto matrix = load_matrix(options.from);
  if (!matrix) return complain(matrix.error());
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
  add_matrix_show_options(*command, options->matrix);
  return [options] { return report(*options); };
}

}  // namespace hangrate
