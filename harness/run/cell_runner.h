// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellRunner: one stretch of work on one cell. Keeps every lane busy with a worker, accounts for
// what the workers did, and drives the Watch of every trial that did not end. Private to run/.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/observe/watch.h"
#include "harness/run/lease_book.h"
#include "harness/run/parts.h"
#include "harness/run/worker.h"

namespace hangrate {

class CellRunner {
 public:
  CellRunner(Engine::Parts& parts, std::size_t cell, const CellPlan& plan, const StopRule& rule,
             CellResult& result);

  Result<void> run();

 private:
  /// A trial under observation.
  struct Watched {
    Watch watch;
    std::vector<ReadTarget> targets;
    std::uint64_t request = 0;  ///< outstanding with the /proc reader, 0 = none
    bool asked = false;         ///< a command is with the worker
    bool lever = false;         ///< ... and it is the lever
  };
  struct Seat {
    explicit Seat(Worker w) : worker(std::move(w)) {}
    Worker worker;
    bool spare = false;  ///< idle, ready to take over a lane
    bool dying = false;  ///< killed by us, not reaped yet
    Nanos killed_at = 0;
    std::uint64_t accounted = 0;  ///< trials of its lease that have a record
    Nanos lease_start = 0;
    std::optional<Watched> watched;
  };
  using Seats = std::list<Seat>;

  void take_ended_children();
  void take_reader_answers();
  void look_at(Seat& seat);
  void look_at_idle(Seat& seat);
  void look_at_running(Seat& seat);
  void look_at_reported(Seat& seat);
  void open_watch(Seat& seat, bool parked);
  std::string first_rung(std::uint64_t trial) const;
  void note_rescue(const Verdict& verdict);
  void drive_watch(Seat& seat);
  void act(Seat& seat, const WatchAction& action);
  void conclude(Seat& seat);
  void account_clean(Seat& seat, std::uint64_t upto);
  void record_plain(Seat& seat, Outcome outcome, const std::string& rule, const std::string& text);
  void worker_ended(Seat& seat, const ChildEnd& end);
  void start_failed(const std::string& why);
  void dismiss(Seat& seat);
  void drop_dead_seats();
  void abort_orphaned_connections();
  void fill_lanes();
  void seat_new_worker(std::uint32_t lane);
  void give_lease(Seat& seat);
  void emit(const Record& record);
  void decide_stop();
  bool settled() const;
  void finish_leftovers();
  Nanos wake_at() const;
  WatchLimits watch_limits() const;
  std::optional<std::size_t> free_slot() const;
  Observation opening(const Seat& seat, bool parked) const;

  Engine::Parts& parts_;
  const std::size_t cell_;
  const CellPlan& plan_;
  const Variant& variant_;
  const StopRule rule_;
  CellResult& result_;
  LeaseBook book_;
  Seats seats_;
  std::string end_reason_;  ///< set: no further leases
  Nanos start_ = 0;
  Nanos stopping_since_ = 0;
  Nanos next_progress_ = 0;
  Nanos next_wake_ = 0;
  double trial_ns_ = 0;      ///< running mean, for the size of leases
  std::string last_rescue_;  ///< the rung that freed the last hit
  int same_rescues_ = 0;     ///< how many hits in a row it freed
  int failures_ = 0;
  int abandoned_ = 0;
  Result<void> trouble_;  ///< the first error of recording
};

}  // namespace hangrate
