// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of CellRunner that drives the Watch of a trial that did not end in time.
#include <algorithm>
#include <cstring>

#include "harness/run/cell_runner.h"
#include "harness/run/slot_view.h"

namespace hangrate {

using protocol::Verb;
using protocol::WorkerState;

namespace {

constexpr int kWholeLadders = 50;
constexpr std::uint64_t kWholeLadderEvery = 20;

std::vector<ReadTarget> worker_alone(const Worker& worker) {
  ReadTarget target{.pid = worker.pid(), .victim = 1};
  std::strcpy(target.role, "worker");
  return {target};
}

std::vector<ReadTarget> targets_of(const std::vector<Poke>& pokes) {
  std::vector<ReadTarget> targets;
  for (const Poke& poke : pokes) {
    targets.push_back({.pid = poke.pid, .tid = poke.tid, .started = poke.started});
  }
  return targets;
}

}  // namespace

/// Puts the trial in flight under observation: one that parked, or one that is overdue and whose
/// worker may still go on to the next at any moment.
void CellRunner::open_watch(Seat& seat, bool parked) {
  const protocol::Slot& slot = seat.worker.slot();
  seat.undisturbed = false;
  emit_held(seat);
  seat.worker.stop_soon();  // this worker ends its lease with this trial
  // Released before it could see that: it may be anywhere by now, and needs no watching.
  if (parked && (seat.worker.state() != WorkerState::Parked || slot.released_ns.load() != 0))
    return;
  const auto offset = seat.worker.offset_in_lease();
  if (!offset || *offset < seat.accounted) {
    emit(NoteRecord{cell_, "a worker does not end a trial that has its verdict; it is replaced"});
    return dismiss(seat);
  }
  const std::uint64_t trial = seat.worker.current_lease().first + *offset;
  account_clean(seat, *offset);
  // The rest of the lease goes to whoever takes over, once it is sure where this worker stops.
  if (parked) book_.give_back(seat.worker.cut_lease(*offset + 1));
  Observation start = opening(seat, trial, parked);
  const std::optional<Rung> rung = first_rung(start.trial);
  seat.watched.emplace(Watched{.watch = Watch(variant_, watch_limits(), std::move(start), rung),
                               .targets = parked ? parties_of(slot) : worker_alone(seat.worker),
                               .namer = {seat.worker.pid(), parts_.next_watch++}});
}

/// The worker named a task that is none of the run's. Nothing it says is believed any more.
void CellRunner::named_foreign(Seat& seat, const std::vector<pid_t>& foreign) {
  std::string text = "the worker named what is none of its tasks:";
  for (const pid_t pid : foreign) text += " " + std::to_string(pid);
  seat.watched.reset();
  record_plain(seat, Outcome::Infra, Rule::NamedForeignTask, text);
  dismiss(seat);
}

/// Once many hits in a row were freed by the same rung, most of the following ones start with it:
/// the proof of each stays whole, and every so often one climbs from the bottom.
std::optional<Rung> CellRunner::first_rung(std::uint64_t trial) const {
  const bool whole = same_rescues_ < kWholeLadders || trial % kWholeLadderEvery == 0;
  return whole ? std::nullopt : last_rescue_;
}

void CellRunner::note_rescue(const Verdict& verdict) {
  if (verdict.signature != SignatureMatch::Match) return;
  same_rescues_ = verdict.freed_by == last_rescue_ ? same_rescues_ + 1 : 0;
  last_rescue_ = verdict.freed_by;
}

/// An overdue trial may yet park, report, fail, or end by itself.
void CellRunner::drive_overdue(Seat& seat) {
  const bool next_trial =
      seat.worker.slot().trial.load() != seat.watched->watch.observation().trial;
  const WorkerState state = seat.worker.state();
  if (next_trial || state == WorkerState::Idle) {
    seat.watched->watch.released(now_ns());
  } else if (state != WorkerState::Running) {
    seat.watched.reset();
    return;
  }
  drive_watch(seat);
}

/// Tells the watch if all that a parked trial waited for has ended.
void CellRunner::take_release(Seat& seat) {
  const Nanos when = seat.worker.slot().released_ns.load(std::memory_order_acquire);
  if (seat.watched->parked() && when != 0) seat.watched->watch.released(when);
}

void CellRunner::drive_watch(Seat& seat) {
  Watched& watched = *seat.watched;
  if (watched.asked && seat.worker.answered()) {
    watched.asked = false;
    if (watched.lever) {
      watched.watch.pulled(seat.worker.slot().lever_pulled != 0, now_ns());
    } else {
      const protocol::Slot& slot = seat.worker.slot();
      watched.watch.checked({slot.invariant_ns, to_model(protocol::InvariantStatus{slot.invariant}),
                             text_of(slot.invariant_text)});
    }
  }
  take_release(seat);
  while (true) {
    // Between the evidence and the first poke.
    if (watched.watch.established()) take_trace(seat);
    const WatchAction action = watched.watch.next(now_ns());
    if (action.ask == Ask::Wait) {
      next_wake_ = std::min(next_wake_, action.until);
      return;
    }
    if (action.ask == Ask::Done) return conclude(seat);
    act(seat, action);
  }
}

void CellRunner::act(Seat& seat, const WatchAction& action) {
  Watched& watched = *seat.watched;
  switch (action.ask) {
    case Ask::Sample:
    case Ask::Glance:
      watched.request = parts_.reader.request(
          watched.targets, watch_limits().reader_limit,
          action.ask == Ask::Glance ? Depth::Motion : Depth::Full, watched.namer);
      return;
    case Ask::Check:
    case Ask::Lever:
      watched.asked = true;
      watched.lever = action.ask == Ask::Lever;
      seat.worker.send(watched.lever ? Verb::Lever : Verb::Check);
      return;
    case Ask::Signal:
      watched.poke = parts_.reader.signal(targets_of(action.pokes), action.signal, watched.namer);
      return;
    case Ask::Wait:
    case Ask::Done:
      return;
  }
}

/// The observation is complete: judge it, record it, and put the worker back or away.
void CellRunner::conclude(Seat& seat) {
  TrialRecord record{
      .cell = cell_, .observation = seat.watched->watch.observation(), .verdict = {}};
  record.verdict = judge_trial(seat.watched->watch.evidence(), record.observation, variant_);
  note_rescue(record.verdict);
  const Ending ending = record.observation.ending;
  if (parts_.interrupted && record.verdict.rule == Rule::Interrupted) return leave_open(seat);
  const bool went_on =
      ending == Ending::Finished ||
      (seat.watched->parked() && (ending == Ending::Freed || ending == Ending::GivenUp) &&
       seat.worker.slot().released_ns.load() != 0);
  seat.watched.reset();
  if (ending == Ending::Abandoned || (ending == Ending::GivenUp && !went_on)) {
    leftovers_.suspect(record.observation);
  }
  ++seat.accounted;
  seat.held = std::move(record);
  // One that ended by itself may still have something to say about its trial.
  if (ending != Ending::Finished) emit_held(seat);
  if (seat.dying) return;
  // It finishes this trial by itself, ends its lease and then waits as a spare.
  seat.spare = went_on;
  if (!went_on) dismiss(seat);
}

/// A trial whose watch was cut short has no outcome. It gets no record: the cell is short of it,
/// and a run that goes on makes it again.
void CellRunner::leave_open(Seat& seat) {
  const std::uint64_t trial = seat.watched->watch.observation().trial;
  end_reason_ = EndReason::Interrupted;  // whatever ended it before: it is not whole
  emit(NoteRecord{cell_, "trial " + std::to_string(trial) +
                             " was still watched, nothing proven yet, when the run was ended"});
  seat.watched.reset();
  if (!seat.dying) dismiss(seat);
}

void CellRunner::emit_held(Seat& seat) {
  if (!seat.held) return;
  const TrialRecord record = std::move(*seat.held);
  seat.held.reset();
  if (record.verdict.outcome != Outcome::Clean) return emit(record);
  emit(BatchRecord{cell_, seat.worker.lane(), seat.worker.id(), record.observation.trial, 1,
                   record.observation.traced});
}

}  // namespace hangrate
