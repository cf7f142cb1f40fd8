// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellRunner: one stretch of work on one cell. Keeps every lane busy with a worker, accounts for
// what the workers did, and drives the Watch of every trial that did not end. Private to run/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/observe/watch.h"
#include "harness/run/lease_book.h"
#include "harness/run/leftovers.h"
#include "harness/run/parts.h"
#include "harness/run/seat.h"
#include "harness/sys/host_load.h"

namespace hangrate {

class CellRunner {
 public:
  CellRunner(Engine::Parts& parts, std::size_t cell, const CellPlan& plan, const StopRule& rule,
             CellResult& result);

  Result<void> run();

 private:
  void take_ended_children();
  void take_reader_answers();
  void look_at(Seat& seat);
  void look_at_idle(Seat& seat);
  void look_at_running(Seat& seat);
  void look_at_reported(Seat& seat);
  void open_watch(Seat& seat, bool parked);
  std::optional<Rung> first_rung(std::uint64_t trial) const;
  void note_rescue(const Verdict& verdict);
  void drive_watch(Seat& seat);
  void drive_overdue(Seat& seat);
  void take_release(Seat& seat);
  void act(Seat& seat, const WatchAction& action);
  void conclude(Seat& seat);
  void account_clean(Seat& seat, std::uint64_t upto);
  void leave_open(Seat& seat);
  void dead_at_birth();
  void tell_workers();
  void named_foreign(Seat& seat, const std::vector<pid_t>& foreign);
  void emit_held(Seat& seat);
  void trial_reported(Seat& seat, Outcome outcome, Rule rule, const std::string& text);
  void record_plain(Seat& seat, Outcome outcome, Rule rule, const std::string& text);
  void give_up(const std::string& why);
  void worker_ended(Seat& seat, const ChildEnd& end);
  void worker_gave_up(Seat& seat, const std::string& how);
  void start_failed(const std::string& why);
  void dismiss(Seat& seat);
  void drop_dead_seats();
  void fill_lanes();
  void seat_new_worker(std::uint32_t lane);
  void give_lease(Seat& seat);
  void arm(Seat& seat);
  Trace trace_since(const Seat& seat, Nanos start, std::vector<TraceTask> parties);
  void take_trace(Seat& seat);
  bool keep_trace(Seat& seat);
  TraceCost trace_cost() const;
  void emit(const Record& record);
  void begin_search();
  void end_search();
  void tell_arms_off(const std::vector<ArmFact>& arms);
  void decide_stop();
  bool settled() const;
  void finish_leftovers();
  Nanos wake_at() const;
  WatchLimits watch_limits() const;
  std::optional<std::size_t> free_slot() const;
  Observation opening(const Seat& seat, std::uint64_t trial, bool parked) const;

  Engine::Parts& parts_;
  const std::size_t cell_;
  const CellPlan& plan_;
  const Variant& variant_;
  const StopRule rule_;
  CellResult& result_;
  LeaseBook book_;
  Seats seats_;
  EndReason end_reason_ = EndReason::None;  ///< set: no further leases
  std::string why_;                         ///< of EndReason::Infra
  Nanos start_ = 0;
  LoadMeter load_;
  Nanos stopping_since_ = 0;
  Nanos next_progress_ = 0;
  Nanos next_wake_ = 0;
  double trial_ns_ = 0;  ///< running mean, for the size of leases
  TraceCost cost_;       ///< the lease times so far
  RecorderStats recorder_before_;
  std::uint64_t leases_ = 0;
  std::uint64_t declared_hangs_ = 0;  ///< of watched workers
  std::uint64_t traces_kept_ = 0;     ///< of trials that nobody had to watch
  std::optional<Rung> last_rescue_;   ///< the rung that freed the last hit
  int same_rescues_ = 0;              ///< how many hits in a row it freed
  int failures_ = 0;
  int given_up_ = 0;
  int survivors_ = 0;  ///< workers that SIGKILL did not end
  Leftovers leftovers_;
  Result<void> trouble_;  ///< the first error of recording
};

}  // namespace hangrate
