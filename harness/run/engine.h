// SPDX-License-Identifier: GPL-2.0-or-later
//
// Engine: the supervisor. Runs the trials of a cell in worker processes, watches those that do not
// end, and hands every record to its owner. One thread, one event loop; nothing in it waits without
// a deadline, reads /proc of a victim, or waits for a child.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/base/error.h"
#include "harness/cell/cell_event.h"
#include "harness/cell/cell_limits.h"
#include "harness/model/record.h"
#include "harness/run/plan.h"
#include "harness/stats/cell_result.h"
#include "harness/stats/stop_rule.h"

namespace hangrate {

class Recorder;

/// What a run tells its owner while it goes on.
struct EngineEvents {
  /// Every record, in order. An Error (a full disk) ends the run.
  std::function<Result<void>(const Record&)> record;
  /// Now and then, for a live display.
  std::function<void(const CellResult&, Nanos elapsed)> progress;
  /// For tests: what the machine of a cell is told, before it answers.
  std::function<void(const CellEvent&, Nanos now)> told;
};

class Engine {
 public:
  /// `recorder` (nullptr: none) watches what `trace` says; both must outlive the engine.
  static Result<std::unique_ptr<Engine>> make(EngineEvents events, CellLimits limits = {},
                                              Recorder* recorder = nullptr,
                                              const TraceSetup& trace = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Runs cell number `index` until `rule` or the plan is satisfied. `result` may hold what earlier
  /// stretches recorded; records of this one are applied to it.
  Result<void> run_cell(std::size_t index, const CellPlan& plan, const StopRule& rule,
                        CellResult& result);

  /// True after SIGINT, SIGTERM or SIGHUP: results so far are complete, no further cell should
  /// start.
  bool interrupted() const;
  int cgroup_version() const;
  /// Why what the run may leave is not on record, "" if it is.
  const std::string& record_trouble() const;

  struct Parts;  ///< what cells share; for run/ only

 private:
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hangrate
