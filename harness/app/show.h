// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a run is presented: when it ends, and by `hangrate report` from its folder.
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/report/run.h"

namespace CLI {
class App;
}

namespace hangrate {

struct Show {
  std::string json;  ///< file, "-" = stdout, "" = not wanted; the others likewise
  std::string html;
  std::string markdown;
  std::string junit;
  bool ktap = false;
  bool quiet = false;
  bool no_colour = false;
};

void add_show_options(CLI::App& app, Show& show);

/// What can be known to fail later is tried before anything runs.
Result<void> check_show(const Show& show);

/// Writes what is asked for; returns the exit code of the run, or 3 if something was not written.
int present(const RunResult& run, const Show& show);

}  // namespace hangrate
