// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellRunner: does what the machine of a cell (harness/cell) says, and tells it what came of it. It
// owns the workers; it decides nothing. Private to run/.
#pragma once

#include "harness/cell/cell.h"
#include "harness/run/crew.h"
#include "harness/run/leftovers.h"
#include "harness/run/parts.h"
#include "harness/sys/host_load.h"

namespace hangrate {

class CellRunner {
 public:
  CellRunner(Engine::Parts& parts, std::size_t cell, const CellPlan& plan, const StopRule& rule,
             CellResult& result);

  Result<void> run();

 private:
  void tell(const CellEvent& event);
  void tell(std::uint64_t worker, SeatEvent event);

  void take_ended_children();
  void take_reader_answers();
  void take_answer(Member& member, ProcReader::Answer& answer);
  void look_at_all();
  void abort_orphaned_connections();
  void show_progress();
  void sleep();
  void close();
  void await_ends();
  bool all_ended();

  void perform(const ForWorker& action);
  void perform(const Save& action);
  void perform(const Start& action);
  void perform(const Follow& action);
  void perform(const Drop& action);
  void perform(const ReadArms& action);
  void perform(const NoBirthInCgroup& action);
  void perform(const Suspect& action);
  void perform(const Wake& action);

  void perform(Member& member, const Send& action);
  void perform(Member& member, const GiveLease& action);
  void perform(Member& member, const StopSoon& action);
  void perform(Member& member, const LookAgain& action);
  void perform(Member& member, const KeepParties& action);
  void perform(Member& member, const Read& action);
  void perform(Member& member, const Signal& action);
  void perform(Member& member, const TakeTrace& action);
  void perform(Member& member, const Kill& action);
  /// What is for the cell does not come here.
  template <typename A>
  void perform(Member& /*member*/, const A& /*action*/) {}

  std::vector<TraceTask> parties_of_trace(const Member& member) const;
  TraceCost recorder_cost() const;

  Engine::Parts& parts_;
  const CellPlan& plan_;
  CellResult& result_;
  const Nanos start_;
  Cell cell_;
  Crew crew_;
  LoadMeter load_;
  Leftovers leftovers_;
  RecorderStats recorder_before_;
  bool interrupt_told_ = false;
  Nanos next_progress_ = 0;
  Nanos next_wake_ = 0;
  Result<void> trouble_;  ///< the first error of recording
};

}  // namespace hangrate
