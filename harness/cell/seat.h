// SPDX-License-Identifier: GPL-2.0-or-later
//
// Seat: one worker of a lane, the lease it works on and the trial of it under observation, as a
// state machine without effects. A lane has one seat that works, and beside it those whose trial is
// watched and those that wait as spares.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/cell/rescues.h"
#include "harness/cell/seat_event.h"
#include "harness/cell/slowness.h"

namespace hangrate {

/// What a seat knows of its cell.
struct SeatContext {
  std::size_t cell = 0;
  const CellSpec& spec;
  const Variant& variant;
  const Slowness& slowness;
  const Rescues& rescues;
  bool begun = false;        ///< a trial of the cell was made
  bool interrupted = false;  ///< by the user
  bool keep_traces = false;  ///< of trials that nobody had to watch
};

class Seat {
 public:
  struct Starting {};
  struct Idle {};
  struct Running {};
  struct Stopping {  ///< told to stop; what the next look shows is watched
    bool parked = true;
  };
  struct Watched {
    explicit Watched(Watch w) : watch(std::move(w)) {}
    Watch watch;
    bool asked = false;    ///< a command is with the worker
    bool lever = false;    ///< ... and it is the lever
    bool traced = false;   ///< its trace was taken, or is not wanted
    bool tracing = false;  ///< it is being taken
    bool parked() const { return watch.observation().parked; }
  };
  struct Tracing {};  ///< the lease is over, the trace of its one trial is being taken
  struct Failing {    ///< it said that it skips or failed, and should exit
    Nanos since = 0;
  };
  struct Dying {  ///< killed by us, not reaped yet
    Nanos since = 0;
  };
  struct Gone {};
  using State =
      std::variant<Starting, Idle, Running, Stopping, Watched, Tracing, Failing, Dying, Gone>;

  Seat(std::uint64_t id, std::uint32_t lane, int pid, Nanos started)
      : id_(id), lane_(lane), pid_(pid), started_(started) {}

  SeatActions next(const SeatEvent& event, const SeatContext& cell, Nanos now);

  template <typename S>
  bool is() const {
    return std::holds_alternative<S>(state_);
  }
  std::uint64_t id() const { return id_; }
  std::uint32_t lane() const { return lane_; }
  int pid() const { return pid_; }
  bool spare() const { return spare_; }
  void take_over() { spare_ = false; }
  bool leased() const { return lease_.count > 0; }
  bool begun() const { return leased() && done() > 0; }
  /// Something of it is still to come.
  bool in_flight() const;
  /// When its watch ends at the latest; 0: it has none.
  Nanos watched_until() const;
  /// SIGKILL did not end it.
  bool survives(Nanos now) const;

 private:
  struct Turn {
    const SeatContext& cell;
    Nanos now;
    SeatActions actions;
    void act(SeatAction action) { actions.push_back(std::move(action)); }
    void note(std::string text) { act(Emit{NoteRecord{cell.cell, std::move(text)}}); }
  };

  void on(const Looked& event, Turn& turn);
  void on(const Saw& event, Turn& turn);
  void on(const WorkerEnded& event, Turn& turn);
  void on(const Sampled& event, Turn& turn);
  void on(const Poked& event, Turn& turn);
  void on(const NamedForeign& event, Turn& turn);
  void on(const Traced& event, Turn& turn);
  void on(const Granted& event, Turn& turn);
  void on(const StopAsked& event, Turn& turn);
  void on(const Dismissed& event, Turn& turn);

  void look(Turn& turn);
  void look_at_starting(Turn& turn);
  void look_at_idle(Turn& turn);
  void look_at_running(Turn& turn);
  void look_at_reported(Turn& turn);
  void look_at_failing(Turn& turn);
  void stop_to_watch(bool parked, Turn& turn);
  void look_at_stopped(Turn& turn);

  void open_watch(bool parked, Turn& turn);
  void drive_overdue(Turn& turn);
  void take_answer(Turn& turn);
  void take_release();
  void drive_watch(Turn& turn);
  bool wants_trace(Turn& turn);
  void ask(const WatchAction& action, Turn& turn);
  void conclude(Turn& turn);
  void suspect(const Observation& observation, Turn& turn);
  void leave_open(Turn& turn);

  bool keeps_trace(const Turn& turn) const;
  void keep_trace(const Traced& event, Turn& turn);
  void finish_lease(Turn& turn);
  void account_clean(std::uint64_t upto, Turn& turn);
  void report_trial(Outcome outcome, Rule rule, const std::string& text, Turn& turn);
  void record_plain(Outcome outcome, Rule rule, const std::string& text, Turn& turn);
  void gave_up(const std::string& how, Turn& turn);
  void emit_held(Turn& turn);
  void drop_lease(Turn& turn);
  void dismiss(Turn& turn);
  Observation opening(std::uint64_t trial, bool parked, const Turn& turn) const;

  std::uint64_t done() const { return std::min(sight_.done, lease_.count); }
  /// Where in its lease the trial in flight is; nullopt: not in it.
  std::optional<std::uint64_t> offset() const;

  const std::uint64_t id_;
  const std::uint32_t lane_;
  const int pid_;
  const Nanos started_;
  State state_ = Starting{};
  Sight sight_;
  bool ended_ = false;  ///< its process
  bool spare_ = false;  ///< goes on by itself to its end of lease, then ready to take over the lane
  IndexRange lease_;
  std::uint64_t accounted_ = 0;  ///< trials of the lease that have a record, or have it held
  Nanos lease_start_ = 0;
  bool undisturbed_ = true;          ///< no trial of the lease was watched or reported
  std::optional<TrialRecord> held_;  ///< ended by itself under observation, not yet given back
};

}  // namespace hangrate
