// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/report/format.h"
#include "harness/store/results.h"

namespace hangrate {

namespace {

struct Options {
  Show show;
  std::string from;
  bool reclassify = false;
};

/// What a reader of the report has to know of its source.
void tell_source(const LoadedResults& loaded, bool reclassified) {
  if (loaded.cut_off > 0) {
    say(stderr, "hangrate: {} cut off by a kill; left out\n",
        plural(loaded.cut_off, "last record was", "last records were"));
  }
  if (loaded.unknown_records > 0) {
    say(stderr, "hangrate: {} of a later version left out\n",
        plural(loaded.unknown_records, "record", "records"));
  }
  if (reclassified) {
    say(stderr, "hangrate: {} verdicts changed by judging again\n", loaded.reclassified);
  }
}

int report(const Options& options) {
  if (const auto usable = check_show(options.show); !usable) return complain(usable.error());
  const auto loaded = load_results(options.from, options.reclassify);
  if (!loaded) return complain(loaded.error());
  tell_source(*loaded, options.reclassify);
  return present(loaded->run, options.show);
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
