// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/report/format.h"
#include "harness/store/matrix_store.h"
#include "harness/store/results.h"

namespace hangrate {

namespace {

struct Options {
  Show show;
  std::string from;
  bool reclassify = false;
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

/// A results folder of either kind as a run.
Result<RunResult> load_any(const Options& options) {
  if (holds_matrix(options.from)) {
    auto matrix = load_matrix(options.from, options.reclassify);
    if (!matrix) return fail(matrix.error());
    tell_source(matrix->cut_off, matrix->unknown_records);
    if (options.reclassify) tell_reclassified(matrix->reclassified);
    summarize_rows(matrix->run);
    return std::move(matrix->run);
  }
  auto journal = load_run(options.from, options.reclassify);
  if (!journal) return fail(journal.error());
  tell_source(journal->cut_off ? 1 : 0, journal->unknown_records);
  if (options.reclassify) tell_reclassified(journal->reclassified);
  return native_run(std::move(journal->header), std::move(journal->cells));
}

int report(const Options& options) {
  if (const auto usable = check_show(options.show); !usable) return complain(usable.error());
  const auto run = load_any(options);
  return run ? present(*run, options.show) : complain(run.error());
}

}  // namespace

CommandBody add_report_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("report", "Report a recorded run from its journal alone");
  command->add_option("results", options->from, "Results folder or journal file")->required();
  command->add_flag("--reclassify", options->reclassify,
                    "Judge every stored observation again with the rules of this version");
  add_show_options(*command, options->show);
  return [options] { return report(*options); };
}

}  // namespace hangrate
