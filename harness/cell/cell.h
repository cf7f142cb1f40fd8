// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cell: one stretch of work on one cell, as a state machine without effects. It keeps every lane
// busy, hands out leases, accounts for what the workers did, and knows when to end. Whoever runs it
// tells it what happened, in order, and does what it answers, in order; an answer to an action
// comes before the next action is done.
#pragma once

#include <list>
#include <optional>
#include <string>

#include "harness/cell/cell_event.h"
#include "harness/cell/cell_limits.h"
#include "harness/cell/lease_book.h"
#include "harness/cell/lease_size.h"
#include "harness/cell/seat.h"
#include "harness/stats/cell_result.h"
#include "harness/stats/stop_rule.h"

namespace hangrate {

struct CellSetup {
  std::size_t cell = 0;
  const CellSpec& spec;
  StopRule rule;
  CellLimits limits;
  bool recorder = false;  ///< a flight recorder is there
  TraceMode trace = TraceMode::Off;
  std::uint64_t traces_to_keep = 0;
};

class Cell {
 public:
  /// Records are applied to `result`, which may hold those of earlier stretches.
  Cell(const CellSetup& setup, Slowness& slowness, CellResult& result, Nanos now);

  CellActions next(const CellEvent& event, Nanos now);

  /// The cell has ended and nothing of it is in flight, or is waited for any more.
  bool settled(Nanos now) const;
  bool empty() const { return seats_.empty(); }
  EndReason end_reason() const { return end_reason_; }

 private:
  void on(const Began& event, Nanos now);
  void on(const OfWorker& event, Nanos now);
  void on(const Started& event, Nanos now);
  void on(const NotStarted& event, Nanos now);
  void on(const NoSlot& event, Nanos now);
  void on(const Woke& event, Nanos now);
  void on(const Interrupted& event, Nanos now);
  void on(const SearchRead& event, Nanos now);
  void on(const RecordLost& event, Nanos now);
  void on(const Noted& event, Nanos now);
  void on(const Closed& event, Nanos now);
  void on(const LeftBehind& event, Nanos now);
  void on(const Measured& event, Nanos now);

  SeatContext context() const;
  void tell(Seat& seat, const SeatEvent& event, Nanos now);

  /// Those of a seat's actions that are for its cell; all others are for the worker.
  template <typename A>
  void take(A& action, Seat& seat, Nanos now);
  void take(Emit& action, Seat& seat, Nanos now);
  void take(GiveBack& action, Seat& seat, Nanos now);
  void take(Ready& action, Seat& seat, Nanos now);
  void take(LeaseDone& action, Seat& seat, Nanos now);
  void take(StartedIn& action, Seat& seat, Nanos now);
  void take(Concluded& action, Seat& seat, Nanos now);
  void take(TakeTrace& action, Seat& seat, Nanos now);
  void take(Suspect& action, Seat& seat, Nanos now);
  void take(LeftOpen& action, Seat& seat, Nanos now);
  void take(CannotRun& action, Seat& seat, Nanos now);
  void take(StartFailed& action, Seat& seat, Nanos now);
  void take(GivenUp& action, Seat& seat, Nanos now);
  void take(DeadAtBirth& action, Seat& seat, Nanos now);
  void take(Wake& action, Seat& seat, Nanos now);

  void emit(const Record& record);
  void note(std::string text);
  void tell_arms_off(const std::vector<ArmFact>& arms);
  void give_up(const std::string& why);
  void start_failed(const std::string& why);
  void give_lease(Seat& seat, Nanos now);
  bool keeps_traces() const;
  void fill_lanes(Nanos now);
  void fill_lane(std::uint32_t lane, Nanos now);
  void drop_survivors(Nanos now);
  void leave_behind(const Seat& seat);
  void decide_end(int leftovers, Nanos now);
  void stop(Nanos now);
  bool nothing_left_to_do() const;

  const CellSetup setup_;
  const Variant& variant_;
  Slowness& slowness_;
  CellResult& result_;
  CellActions out_;
  LeaseBook book_;
  LeaseSize lease_size_;
  Rescues rescues_;
  std::list<Seat> seats_;
  EndReason end_reason_ = EndReason::None;  ///< set: no further leases
  std::string why_;                         ///< of EndReason::Infra
  const Nanos start_;
  std::optional<Nanos> stopping_since_;
  bool interrupted_ = false;
  bool arms_asked_ = false;  ///< the search is over, what it learned is being read
  bool born_dead_ = false;   ///< a worker was killed at birth
  TraceCost cost_;           ///< the lease times so far
  std::uint64_t leases_ = 0;
  std::uint64_t declared_hangs_ = 0;  ///< of followed workers
  std::uint64_t traces_kept_ = 0;     ///< of trials that nobody had to watch
  int failures_ = 0;                  ///< workers in a row that could not start
  int given_up_ = 0;                  ///< trials in a row whose reproducer failed or skipped
  int survivors_ = 0;                 ///< workers that SIGKILL did not end
};

}  // namespace hangrate
