// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cell/seat.h"

#include <algorithm>

namespace hangrate {

namespace {

constexpr Nanos kStartLimit = 20 * kSecond;  // from fork to idle
constexpr Nanos kOrderLimit = 10 * kSecond;  // from an order to its answer
constexpr Nanos kExitLimit = 2 * kSecond;    // from "skips" or "failed" to its exit
constexpr Nanos kReapLimit = 2 * kSecond;    // from SIGKILL to reaped

}  // namespace

SeatActions Seat::next(const SeatEvent& event, const SeatContext& cell, Nanos now) {
  Turn turn{cell, now, {}};
  std::visit([&](const auto& each) { on(each, turn); }, event);
  return std::move(turn.actions);
}

bool Seat::in_flight() const {
  if (is<Dying>() || is<Gone>()) return false;
  return is<Watched>() || (leased() && !sight_.leaving());
}

Nanos Seat::watched_until() const {
  const auto* watched = std::get_if<Watched>(&state_);
  return watched != nullptr ? watched->watch.latest_end() : 0;
}

bool Seat::survives(Nanos now) const {
  const auto* dying = std::get_if<Dying>(&state_);
  return dying != nullptr && now - dying->since > kReapLimit;
}

std::optional<std::uint64_t> Seat::offset() const {
  if (sight_.trial < lease_.first || sight_.trial - lease_.first >= lease_.count) {
    return std::nullopt;
  }
  return sight_.trial - lease_.first;
}

void Seat::on(const Saw& event, Turn& /*turn*/) {
  sight_ = event.sight;
}

void Seat::on(const Looked& event, Turn& turn) {
  if (is<Dying>() || is<Gone>()) return;
  sight_ = event.sight;
  if (is<Stopping>()) return look_at_stopped(turn);
  if (auto* watched = std::get_if<Watched>(&state_)) {
    watched->parked() ? drive_watch(turn) : drive_overdue(turn);
    if (is<Watched>() || is<Dying>()) return;
  }
  look(turn);
}

void Seat::look(Turn& turn) {
  if (is<Tracing>()) return;
  if (sight_.unsettled) {
    if (turn.now - sight_.last_sent < turn.cell.slowness.scaled(kOrderLimit)) return;
    turn.note("a worker does not react to its orders; it is replaced");
    return dismiss(turn);
  }
  switch (sight_.state) {
    case WorkerIs::Starting:
      return look_at_starting(turn);
    case WorkerIs::Idle:
      return look_at_idle(turn);
    case WorkerIs::Running:
      return look_at_running(turn);
    case WorkerIs::Reported:
      return look_at_reported(turn);
    case WorkerIs::Parked:
      return stop_to_watch(true, turn);
    case WorkerIs::Skipped:
    case WorkerIs::Failed:  // it is about to exit, and then WorkerEnded has the word
      return look_at_failing(turn);
  }
}

void Seat::look_at_starting(Turn& turn) {
  if (turn.now - started_ <= kStartLimit) return;
  turn.act(StartFailed{"it was not ready within 20 s"});
  dismiss(turn);
}

void Seat::look_at_idle(Turn& turn) {
  if (leased()) {
    emit_held(turn);
    if (!keeps_trace(turn)) return finish_lease(turn);
    state_ = Tracing{};
    return turn.act(TakeTrace{.from = sight_.trial_start, .with_parties = false});
  }
  if (is<Starting>()) turn.act(StartedIn{turn.now - started_});
  state_ = Idle{};
  turn.act(Ready{spare_});
}

void Seat::on(const Granted& event, Turn& turn) {
  state_ = Running{};
  lease_ = event.range;
  accounted_ = 0;
  undisturbed_ = true;
  lease_start_ = turn.now;
  turn.act(GiveLease{lease_});
}

void Seat::look_at_running(Turn& turn) {
  const Nanos since = std::max(sight_.trial_start, lease_start_);
  const Nanos longest = turn.cell.slowness.scaled(turn.cell.variant.runs_for_ms * kMilli);
  if (leased() && turn.now - since >= longest) {
    stop_to_watch(false, turn);
  }
}

void Seat::look_at_reported(Turn& turn) {
  if (!sight_.measurements.empty()) {
    turn.act(Emit{MeasureRecord{turn.cell.cell, sight_.trial, sight_.measurements}});
  }
  const Outcome outcome = sight_.outcome;
  report_trial(outcome, Rule::Reported, sight_.message, turn);
  const bool goes_on = outcome == Outcome::Clean || outcome == Outcome::Anomaly;
  if (goes_on) return turn.act(Send{Order::Continue});
  dismiss(turn);  // its objects are in an unknown state
}

void Seat::look_at_failing(Turn& turn) {
  if (!is<Failing>()) state_ = Failing{turn.now};
  if (turn.now - std::get<Failing>(state_).since < kExitLimit) return;
  gave_up("it does not exit", turn);
  dismiss(turn);
}

/// A worker that is to be watched ends its lease with this trial. Until it was told so it may go on
/// to the next, so what is watched shows in a look after that.
void Seat::stop_to_watch(bool parked, Turn& turn) {
  undisturbed_ = false;
  emit_held(turn);
  state_ = Stopping{parked};
  turn.act(StopSoon{});
  turn.act(LookAgain{});
}

void Seat::look_at_stopped(Turn& turn) {
  const bool parked = std::get<Stopping>(state_).parked;
  state_ = Running{};
  // Released before it could see that: it may be anywhere by now, and needs no watching.
  if (parked && (sight_.state != WorkerIs::Parked || sight_.released != 0)) return;
  open_watch(parked, turn);
  if (is<Watched>() && parked) drive_watch(turn);
}

void Seat::on(const StopAsked& event, Turn& turn) {
  turn.act(StopSoon{});
  auto* watched = std::get_if<Watched>(&state_);
  if (watched == nullptr || !event.cut_watch || watched->watch.established()) return;
  watched->watch.interrupt(turn.now);
}

void Seat::on(const WorkerEnded& event, Turn& turn) {
  const bool killed_by_us = is<Dying>();
  sight_ = event.sight;
  ended_ = true;
  auto* watched = std::get_if<Watched>(&state_);
  if (watched != nullptr && (watched->parked() || sight_.state != WorkerIs::Failed)) {
    take_release();
    watched->watch.worker_gone(event.how, turn.now);
    conclude(turn);
  }
  state_ = Gone{};
  if (killed_by_us) return emit_held(turn);
  const bool starting = sight_.state == WorkerIs::Starting;
  if (starting && event.killed_at_birth) {
    turn.act(DeadAtBirth{});
  } else if (starting || sight_.leaving()) {
    gave_up(event.how, turn);
  } else if (leased()) {
    report_trial(Outcome::Infra, Rule::WorkerDied, event.how, turn);
  }
  drop_lease(turn);
}

void Seat::on(const Dismissed& /*event*/, Turn& turn) {
  if (auto* watched = std::get_if<Watched>(&state_)) {
    watched->watch.interrupt(turn.now);
    conclude(turn);
  }
  dismiss(turn);
}

/// What a worker that skips, failed or never started leaves on record.
void Seat::gave_up(const std::string& how, Turn& turn) {
  if (leased()) account_clean(done(), turn);
  // What was possible when the cell began is no skip later: it would make a pass of half a run.
  if (sight_.state == WorkerIs::Skipped && !turn.cell.begun && !begun()) {
    return turn.act(CannotRun{sight_.message});
  }
  const std::string& why = sight_.leaving() ? sight_.message : how;
  if (!sight_.leaving() || !leased()) return turn.act(StartFailed{why});
  const bool failed = sight_.state == WorkerIs::Failed;
  report_trial(Outcome::Infra, failed ? Rule::ReproducerFailed : Rule::ReproducerSkips, why, turn);
  turn.act(GivenUp{why});
}

/// Gives back what the lease of a worker that is gone did not use.
void Seat::drop_lease(Turn& turn) {
  emit_held(turn);
  if (leased() && accounted_ < lease_.count) {
    turn.act(GiveBack{{lease_.first + accounted_, lease_.count - accounted_}});
  }
  lease_ = {};
}

void Seat::dismiss(Turn& turn) {
  drop_lease(turn);
  if (is<Dying>() || is<Gone>()) return;
  state_ = Dying{turn.now};
  turn.act(Kill{});
}

}  // namespace hangrate
