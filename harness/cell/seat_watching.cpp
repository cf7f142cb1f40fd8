// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of Seat that drives the Watch of a trial that did not end in time.
#include <algorithm>

#include "harness/cell/seat.h"

namespace hangrate {

namespace {

// The worker of a command answers by looks at every task of the machine.
constexpr Nanos kAnswerOfCommand = 6 * kSecond;
constexpr Nanos kLooksPerAnswer = 10;  // of what other workers may take

WatchLimits limits_of(const CellSpec& spec, const Slowness& slowness) {
  WatchLimits limits = WatchLimits::scaled(slowness.factor());
  if (spec.manifest.exec.empty()) return limits;
  limits.answer_limit = std::max(kLooksPerAnswer * limits.answer_limit, kAnswerOfCommand);
  return limits;
}

}  // namespace

/// Puts the trial in flight under observation: one that parked, or one that is overdue and whose
/// worker may still go on to the next at any moment.
void Seat::open_watch(bool parked, Turn& turn) {
  const auto at = offset();
  if (!at || *at < accounted_) {
    turn.note("a worker does not end a trial that has its verdict; it is replaced");
    return dismiss(turn);
  }
  account_clean(*at, turn);
  if (parked && *at + 1 < lease_.count) {
    // The rest of the lease goes to whoever takes over, once it is sure where this worker stops.
    turn.act(GiveBack{{lease_.first + *at + 1, lease_.count - *at - 1}});
    lease_.count = *at + 1;
  }
  Observation start = opening(lease_.first + *at, parked, turn);
  const auto rung = turn.cell.rescues.first_rung(start.trial);
  const WatchLimits limits = limits_of(turn.cell.spec, turn.cell.slowness);
  state_.emplace<Watched>(Watch(turn.cell.variant, limits, std::move(start), rung));
  turn.act(KeepParties{parked});
}

void Seat::on(const Sampled& event, Turn& turn) {
  if (auto* watched = std::get_if<Watched>(&state_)) {
    watched->watch.sampled(event.samples, turn.now);
  }
}

/// The victim may be free now: its worker should look.
void Seat::on(const Poked& /*event*/, Turn& turn) {
  if (is<Watched>()) turn.act(Send{Order::None});
}

/// The worker named a task that is none of the run's. Nothing it says is believed any more.
void Seat::on(const NamedForeign& event, Turn& turn) {
  if (!is<Watched>()) return;
  std::string text = "the worker named what is none of its tasks:";
  for (const int pid : event.pids) text += " " + std::to_string(pid);
  record_plain(Outcome::Infra, Rule::NamedForeignTask, text, turn);
  dismiss(turn);
}

void Seat::on(const Traced& event, Turn& turn) {
  if (is<Tracing>()) {
    keep_trace(event, turn);
    return finish_lease(turn);
  }
  auto* watched = std::get_if<Watched>(&state_);
  if (watched == nullptr || !watched->tracing) return;
  watched->tracing = false;
  watched->traced = true;
  if (event.trace) watched->watch.recorded(*event.trace);
  drive_watch(turn);
}

/// An overdue trial may yet park, report, fail, or end by itself.
void Seat::drive_overdue(Turn& turn) {
  Watch& watch = std::get<Watched>(state_).watch;
  if (sight_.trial != watch.observation().trial || sight_.state == WorkerIs::Idle) {
    watch.released(turn.now);
  } else if (sight_.state != WorkerIs::Running) {
    state_ = Running{};
    return;
  }
  drive_watch(turn);
}

/// Tells the watch if all that a parked trial waited for has ended.
void Seat::take_release() {
  auto& watched = std::get<Watched>(state_);
  if (watched.parked() && sight_.released != 0) watched.watch.released(sight_.released);
}

void Seat::take_answer(Turn& turn) {
  auto& watched = std::get<Watched>(state_);
  if (!watched.asked || !sight_.answered) return;
  watched.asked = false;
  if (watched.lever) return watched.watch.pulled(sight_.pulled, turn.now);
  watched.watch.checked(sight_.invariant);
}

void Seat::drive_watch(Turn& turn) {
  auto& watched = std::get<Watched>(state_);
  if (watched.tracing) return;
  take_answer(turn);
  take_release();
  while (true) {
    if (wants_trace(turn)) return;
    const WatchAction action = watched.watch.next(turn.now);
    if (action.ask == Ask::Wait) return turn.act(Wake{action.until});
    if (action.ask == Ask::Done) return conclude(turn);
    ask(action, turn);
  }
}

/// Between the evidence and the first poke.
bool Seat::wants_trace(Turn& turn) {
  auto& watched = std::get<Watched>(state_);
  if (!watched.watch.established() || !sight_.traced || watched.traced) return false;
  watched.tracing = true;
  const Observation& seen = watched.watch.observation();
  const SignatureMatch match =
      match_signatures(seen.rounds.back().after, turn.cell.variant.signatures);
  turn.act(TakeTrace{.from = seen.trial_start, .declared = match == SignatureMatch::Match});
  return true;
}

void Seat::ask(const WatchAction& action, Turn& turn) {
  auto& watched = std::get<Watched>(state_);
  switch (action.ask) {
    case Ask::Sample:
    case Ask::Glance:
      return turn.act(
          Read{.whole = action.ask == Ask::Sample, .limit = watched.watch.limits().reader_limit});
    case Ask::Check:
    case Ask::Lever:
      watched.asked = true;
      watched.lever = action.ask == Ask::Lever;
      return turn.act(Send{watched.lever ? Order::Lever : Order::Check});
    case Ask::Signal:
      return turn.act(Signal{action.signal, action.pokes});
    case Ask::Wait:
    case Ask::Done:
      return;
  }
}

/// The observation is complete: judge it, record it, and put the worker back or away.
void Seat::conclude(Turn& turn) {
  auto& watched = std::get<Watched>(state_);
  TrialRecord record{
      .cell = turn.cell.cell, .observation = watched.watch.observation(), .verdict = {}};
  record.verdict = judge_trial(watched.watch.evidence(), record.observation, turn.cell.variant);
  turn.act(Concluded{record.verdict});
  if (turn.cell.interrupted && record.verdict.rule == Rule::Interrupted) return leave_open(turn);
  const Ending ending = record.observation.ending;
  const bool went_on =
      ending == Ending::Finished ||
      (watched.parked() && (ending == Ending::Freed || ending == Ending::GivenUp) &&
       sight_.released != 0);
  state_ = Running{};
  if (ending == Ending::Abandoned || (ending == Ending::GivenUp && !went_on)) {
    suspect(record.observation, turn);
  }
  ++accounted_;
  held_ = std::move(record);
  // One that ended by itself may still have something to say about its trial.
  if (ending != Ending::Finished) emit_held(turn);
  if (ended_) return;
  // It finishes this trial by itself, ends its lease and then waits as a spare.
  spare_ = went_on;
  if (!went_on) dismiss(turn);
}

void Seat::suspect(const Observation& observation, Turn& turn) {
  if (observation.rounds.empty()) return;
  Suspect who{.pids = {}, .since = observation.ended};
  for (const TaskSample& task : observation.rounds.back().after.tasks) {
    if (task.victim && !task.gone) who.pids.push_back(task.pid);
  }
  turn.act(std::move(who));
}

/// A trial whose watch was cut short has no outcome. It gets no record: the cell is short of it,
/// and a run that goes on makes it again.
void Seat::leave_open(Turn& turn) {
  const std::uint64_t trial = std::get<Watched>(state_).watch.observation().trial;
  turn.act(LeftOpen{});
  turn.note("trial " + std::to_string(trial) +
            " was still watched, nothing proven yet, when the run was ended");
  state_ = Running{};
  if (!ended_) dismiss(turn);
}

}  // namespace hangrate
