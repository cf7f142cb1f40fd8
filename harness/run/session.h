// SPDX-License-Identifier: GPL-2.0-or-later
//
// Session: a whole run, cell after cell, with or without a journal. The same code serves `hangrate
// run` and a reproducer that runs alone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/run/plan.h"
#include "harness/stats/cell_result.h"

namespace hangrate {

class Recorder;

struct SessionEvents {
  std::function<void()> opened;  ///< the journal is there, the first cell comes next
  std::function<void(std::size_t cell)> cell_starts;
  std::function<void(std::size_t cell, const CellResult&, Nanos elapsed)> progress;
  std::function<void(std::size_t cell, const CellResult&)> cell_ends;
  std::function<void(const std::string&)> warning;
};

struct SessionPlan {
  RunHeader header;                      ///< its cells are the specs of `executables`
  std::vector<std::string> executables;  ///< one per cell
  std::string results;                   ///< folder of the journal, "" = none
  bool resume = false;                   ///< `results` has a journal to go on with
  Recorder* recorder = nullptr;          ///< attached already; header.trace says what it watches
  std::string channel;                   ///< instead of a folder: a channel to another machine
};

struct SessionOutcome {
  std::vector<CellResult> cells;
  bool interrupted = false;
};

/// Runs what is still to do. An Error comes with nothing lost: all that was recorded is on disk.
Result<SessionOutcome> run_session(const SessionPlan& plan, const SessionEvents& events);

}  // namespace hangrate
