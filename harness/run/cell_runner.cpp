// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/cell_runner.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "harness/run/slot_view.h"

namespace hangrate {

using protocol::Verb;
using protocol::WorkerState;

namespace {

constexpr Nanos kLeaseSpan = 100 * kMilli;  // a lease should take about this long
constexpr std::uint64_t kNoEnd = 1ull << 62;
constexpr std::uint64_t kFirstLease = 8;
constexpr std::uint64_t kLongestLease = 8192;
constexpr Nanos kSpawnLimit = 20 * kSecond;  // from fork to idle
constexpr Nanos kTrialLimit = 10 * kSecond;  // a trial that neither ends nor parks
constexpr Nanos kReapLimit = 2 * kSecond;    // from SIGKILL to reaped
constexpr Nanos kGrace = 50 * kMilli;        // for processes of a worker to follow it by themselves
constexpr Nanos kStopLimit = 8 * kSecond;    // for observations in flight when the cell ends
constexpr Nanos kProgressEvery = 100 * kMilli;
constexpr Nanos kIdleWake = 250 * kMilli;
constexpr Nanos kUsualSpawn = 20 * kMilli;  // fork to idle on a machine of slowness 1
constexpr double kMostSlowness = 20.0;

}  // namespace

CellRunner::CellRunner(Engine::Parts& parts, std::size_t cell, const CellPlan& plan,
                       const StopRule& rule, CellResult& result)
    : parts_(parts),
      cell_(cell),
      plan_(plan),
      variant_(plan.spec.variant_spec()),
      rule_(rule),
      result_(result),
      book_(plan.spec.first, plan.spec.search, plan.spec.trials != 0 ? plan.spec.trials : kNoEnd,
            result.recorded()) {}

Result<void> CellRunner::run() {
  start_ = now_ns();
  next_progress_ = start_;
  if (parts_.recorder != nullptr) recorder_before_ = parts_.recorder->stats();
  begin_search();
  while (true) {
    next_wake_ = now_ns() + kIdleWake;
    take_ended_children();
    take_reader_answers();
    for (Seat& seat : seats_) look_at(seat);
    drop_dead_seats();
    decide_stop();
    if (end_reason_ == EndReason::None) fill_lanes();
    if (settled()) break;
    if (parts_.events.progress && now_ns() >= next_progress_) {
      next_progress_ = now_ns() + kProgressEvery;
      parts_.events.progress(result_, now_ns() - start_);
    }
    parts_.sleep_until(wake_at());
  }
  finish_leftovers();
  const std::vector<ArmFact> arms = arms_of(parts_.arena.search());
  tell_arms_off(arms);
  emit(
      CellEndRecord{cell_, end_reason_, why_, now_ns() - start_, load_.read(), trace_cost(), arms});
  return trouble_;
}

/// What former stretches, other boots or an earlier run learned is there before the first worker.
void CellRunner::begin_search() {
  fill(parts_.arena.renew_search(), result_.memory().arms());
  const bool fresh = result_.recorded().total() == 0 && result_.end_reason() == EndReason::None;
  if (fresh && !plan_.spec.warm.note.empty()) emit(NoteRecord{cell_, plan_.spec.warm.note});
}

/// Every search trial has its record. What the table says now chooses the arm that is measured, so
/// it is on record before the first such trial: a killed run goes on with the same one.
void CellRunner::end_search() {
  const std::vector<ArmFact> arms = arms_of(parts_.arena.search());
  tell_arms_off(arms);
  emit(SearchRecord{cell_, arms});
  if (parts_.recorder != nullptr) recorder_before_ = parts_.recorder->stats();
  next_wake_ = now_ns();  // workers wait for this
}

void CellRunner::tell_arms_off(const std::vector<ArmFact>& arms) {
  for (const ArmFact& arm : arms) {
    if (arm.off.empty()) continue;
    const std::string text = "plan " + arm.plan + " is off: " + arm.off;
    const std::vector<std::string>& told = result_.notes();
    if (std::find(told.begin(), told.end(), text) == told.end()) emit(NoteRecord{cell_, text});
  }
}

void CellRunner::emit(const Record& record) {
  result_.apply(record);
  const auto* trial = std::get_if<TrialRecord>(&record);
  const bool told = std::holds_alternative<BatchRecord>(record) ||
                    (trial != nullptr && trial->verdict.outcome != Outcome::Infra);
  if (told) given_up_ = 0;
  if (trouble_ && parts_.events.record) {
    trouble_ = parts_.events.record(record);
    if (!trouble_) give_up(trouble_.error().what());
  }
  if (!book_.searching()) return;
  book_.settle(result_.recorded());
  if (!book_.searching()) end_search();
}

WatchLimits CellRunner::watch_limits() const {
  return WatchLimits::scaled(parts_.slowness);
}

Nanos CellRunner::wake_at() const {
  const auto reader = parts_.reader.next_deadline();
  return std::min(next_wake_, reader.value_or(next_wake_));
}

void CellRunner::take_ended_children() {
  for (const ChildEnd& end : parts_.take_ended()) {
    const auto seat = std::find_if(seats_.begin(), seats_.end(),
                                   [&](const Seat& s) { return s.worker.pid() == end.pid; });
    if (seat != seats_.end()) worker_ended(*seat, end);
  }
}

void CellRunner::worker_ended(Seat& seat, const ChildEnd& end) {
  const WorkerState state = seat.worker.state();
  const bool killed_by_us = seat.dying;
  if (seat.watched && !seat.watched->parked() && state == WorkerState::Failed) seat.watched.reset();
  std::string how = "the worker ended: " + end.text();
  if (const std::string output = seat.worker.output(); !output.empty())
    how += "; it said: " + output;
  seat.dying = true;
  seat.killed_at = 0;  // reaped
  if (seat.watched) {
    take_release(seat);
    seat.watched->watch.worker_gone(how, now_ns());
    conclude(seat);
  }
  if (killed_by_us) return emit_held(seat);
  if (state == WorkerState::Starting && end.signal == SIGKILL && seat.worker.entered_at_birth()) {
    dead_at_birth();
  } else if (state == WorkerState::Skipped || state == WorkerState::Failed ||
             state == WorkerState::Starting) {
    worker_gave_up(seat, how);
  } else if (seat.worker.leased()) {
    trial_reported(seat, Outcome::Infra, Rule::WorkerDied, how);
  }
  dismiss(seat);
}

/// clone3(CLONE_INTO_CGROUP) kills at birth where the two cgroups were killed (cgroup.kill)
/// unequally often: 17dc61f1a3dd (v6.14, 6.12.16) until its fix (7.2.13, 6.12.115). A service that
/// was killed once is enough.
void CellRunner::dead_at_birth() {
  if (parts_.cgroup.directory_fd() < 0) return;  // known already
  parts_.cgroup.give_up_direct_entry();
  emit(NoteRecord{cell_,
                  "a worker was killed at birth in the run's cgroup; those after it write "
                  "themselves into it (kernels before 6.12.115 and 7.2.13 do that once one of "
                  "the cgroups has seen cgroup.kill)"});
}

/// What a worker that skips, failed or never started leaves on record.
void CellRunner::worker_gave_up(Seat& seat, const std::string& how) {
  const WorkerState state = seat.worker.state();
  if (seat.worker.leased()) account_clean(seat, seat.worker.done());
  // What was possible when the cell began is no skip later: it would make a pass of half a run.
  const bool begun = result_.recorded().total() > 0 ||
                     std::any_of(seats_.begin(), seats_.end(), [](const Seat& s) {
                       return s.worker.leased() && s.worker.done() > 0;
                     });
  if (state == WorkerState::Skipped && !begun) {
    emit(SkipRecord{cell_, text_of(seat.worker.slot().message)});
    end_reason_ = EndReason::Skipped;
    return;
  }
  const bool told = state == WorkerState::Failed || state == WorkerState::Skipped;
  const std::string why = told ? text_of(seat.worker.slot().message) : how;
  if (!told || !seat.worker.leased()) return start_failed(why);
  const Rule rule = state == WorkerState::Failed ? Rule::ReproducerFailed : Rule::ReproducerSkips;
  trial_reported(seat, Outcome::Infra, rule, why);
  if (++given_up_ < parts_.limits.most_given_up || end_reason_ != EndReason::None) return;
  give_up("given up after " + std::to_string(given_up_) + " such trials in a row: " + why);
}

/// The cell ends here, and this is why.
void CellRunner::give_up(const std::string& why) {
  end_reason_ = EndReason::Infra;
  why_ = why;
}

/// A worker that never got to a trial. Several in a row end the cell with one trial as Infra, so
/// that the machine's failure is in the tally.
void CellRunner::start_failed(const std::string& why) {
  const std::string text = "a worker could not start: " + why;
  emit(NoteRecord{cell_, text});
  if (++failures_ < parts_.limits.most_failures || end_reason_ != EndReason::None) return;
  give_up(text);
  const IndexRange trial = book_.take(1);
  if (trial.count == 0) return;  // every trial is with another worker
  emit(unwatched_trial(cell_, plan_.spec.repro, plan_.spec.variant, trial.first, Outcome::Infra,
                       Rule::NoWorkerStarts, why));
}

/// Gives back what the lease of a worker that is gone did not use.
void CellRunner::dismiss(Seat& seat) {
  emit_held(seat);
  const IndexRange& lease = seat.worker.current_lease();
  if (seat.worker.leased() && seat.accounted < lease.count) {
    book_.give_back({lease.first + seat.accounted, lease.count - seat.accounted});
  }
  seat.worker.drop_lease();
  if (seat.dying) return;
  seat.dying = true;
  seat.killed_at = now_ns();
  seat.worker.kill();
}

void CellRunner::drop_dead_seats() {
  abort_orphaned_connections(seats_, parts_.reader);
  const std::size_t before = seats_.size();
  for (auto seat = seats_.begin(); seat != seats_.end();) {
    const bool reaped = seat->dying && seat->killed_at == 0;
    const bool given_up = seat->dying && !reaped && now_ns() - seat->killed_at > kReapLimit;
    if (given_up) {
      ++survivors_;
      parts_.arena.retire(seat->worker.slot_index());
      emit(NoteRecord{cell_, "worker " + std::to_string(seat->worker.pid()) +
                                 " survived SIGKILL and is left behind"});
    }
    if ((reaped || given_up) && seat->armed) parts_.recorder->forget(seat->worker.pid());
    seat = reaped || given_up ? seats_.erase(seat) : std::next(seat);
  }
  if (seats_.size() != before) tell_workers();
}

void CellRunner::take_reader_answers() {
  while (auto answer = parts_.reader.receive()) {
    for (Seat& seat : seats_) {
      if (!seat.watched) continue;
      if (seat.watched->poke == answer->id) {
        seat.watched->poke = 0;
        seat.worker.send(Verb::None);  // the victim may be free now
        break;
      }
      if (seat.watched->request != answer->id) continue;
      seat.watched->request = 0;
      if (!answer->foreign.empty()) {
        named_foreign(seat, answer->foreign);
        break;
      }
      if (answer->stuck_in_pipe) {  // the victim, or who holds it up, has the lock of the pipe
        for (ReadTarget& target : seat.watched->targets) target.ask_pipe = 0;
      }
      seat.watched->watch.sampled(std::move(answer->samples), now_ns());
      break;
    }
  }
}

void CellRunner::look_at(Seat& seat) {
  if (seat.dying) return;
  if (seat.watched) {
    seat.watched->parked() ? drive_watch(seat) : drive_overdue(seat);
    if (seat.watched || seat.dying) return;
  }
  // In this order: a worker changes its state before it answers, so the state that goes with an
  // answered command is never one from before it.
  const bool unsettled = seat.worker.between_states();
  const WorkerState state = seat.worker.state();
  if (unsettled) {
    if (now_ns() - seat.worker.last_sent() < parts_.scaled(kTrialLimit)) return;
    emit(NoteRecord{cell_, "a worker does not react to its orders; it is replaced"});
    return dismiss(seat);
  }
  switch (state) {
    case WorkerState::Starting:
      if (now_ns() - seat.worker.started() > kSpawnLimit) {
        start_failed("it was not ready within 20 s");
        dismiss(seat);
      }
      return;
    case WorkerState::Idle:
      return look_at_idle(seat);
    case WorkerState::Running:
      return look_at_running(seat);
    case WorkerState::Reported:
      return look_at_reported(seat);
    case WorkerState::Parked:
      open_watch(seat, true);
      if (seat.watched) drive_watch(seat);
      return;
    case WorkerState::Skipped:
    case WorkerState::Failed:  // it is about to exit, and then worker_ended() has the word
      if (seat.failing_since == 0) seat.failing_since = now_ns();
      if (now_ns() - seat.failing_since < kReapLimit) return;
      worker_gave_up(seat, "it does not exit");
      return dismiss(seat);
  }
}

void CellRunner::look_at_idle(Seat& seat) {
  if (seat.worker.leased()) {
    emit_held(seat);
    const IndexRange lease = seat.worker.current_lease();
    const std::uint64_t done = seat.worker.done();
    if (!keep_trace(seat)) account_clean(seat, done);
    const Nanos took = now_ns() - seat.lease_start;
    const bool measured = lease.first >= plan_.spec.search;
    if (seat.undisturbed && done > 0 && measured) {
      LeaseTime& time = seat.armed ? cost_.traced : cost_.untraced;
      time.trials += done;
      time.took += took;
    }
    if (done > 0) trial_ns_ = static_cast<double>(took) / static_cast<double>(done);
    book_.give_back({lease.first + seat.accounted, lease.count - seat.accounted});
    seat.worker.drop_lease();
  } else if (!seat.spare) {
    const Nanos spawned = now_ns() - seat.worker.started();
    const double ratio = static_cast<double>(spawned) / static_cast<double>(kUsualSpawn);
    parts_.note_slowness(std::clamp(ratio, 1.0, kMostSlowness));
  }
  failures_ = 0;
  if (!seat.spare && end_reason_ == EndReason::None) give_lease(seat);
}

void CellRunner::give_lease(Seat& seat) {
  std::uint64_t most = kFirstLease;
  if (trial_ns_ > 0) {
    most = static_cast<std::uint64_t>(static_cast<double>(kLeaseSpan) / trial_ns_);
    most = std::clamp<std::uint64_t>(most, 1, kLongestLease);
  }
  const bool one_by_one = parts_.recorder != nullptr && parts_.trace.mode == TraceMode::Always &&
                          traces_kept_ < parts_.trace.keep;
  const IndexRange lease = book_.take(one_by_one ? 1 : most);
  if (lease.count == 0) return;
  seat.accounted = 0;
  seat.undisturbed = true;
  arm(seat);
  seat.lease_start = now_ns();
  seat.worker.stop_no_more();
  seat.worker.lease(lease);
}

void CellRunner::look_at_running(Seat& seat) {
  const Nanos start = seat.worker.slot().trial_start_ns.load(std::memory_order_acquire);
  if (!seat.worker.leased() ||
      now_ns() - std::max(start, seat.lease_start) < parts_.scaled(kTrialLimit)) {
    return;
  }
  open_watch(seat, false);
}

void CellRunner::look_at_reported(Seat& seat) {
  const protocol::Slot& slot = seat.worker.slot();
  if (slot.measurement_bytes != 0) {
    emit(MeasureRecord{cell_, slot.trial.load(), measurements_of(slot)});
  }
  const Outcome outcome = to_model(protocol::TrialOutcome{slot.outcome});
  trial_reported(seat, outcome, Rule::Reported, text_of(slot.message));
  if (outcome == Outcome::Clean || outcome == Outcome::Anomaly) {
    seat.worker.send(Verb::Continue);
  } else {
    dismiss(seat);  // its objects are in an unknown state
  }
}

/// The trial in flight ended with `outcome` by the word of its reproducer or by the end of its
/// worker. One that was watched first has a verdict already; where that was an ending by itself,
/// what the reproducer says of it counts more.
void CellRunner::trial_reported(Seat& seat, Outcome outcome, Rule rule, const std::string& text) {
  seat.undisturbed = false;
  account_clean(seat, seat.worker.done());
  const IndexRange& lease = seat.worker.current_lease();
  const bool held_is_over =
      seat.held && seat.held->observation.trial - lease.first < seat.worker.done();
  if (seat.held && !held_is_over &&
      seat.held->observation.trial == seat.worker.slot().trial.load()) {
    if (outcome != Outcome::Clean) {
      seat.held->observation.message = text;
      seat.held->verdict.outcome = outcome;
      seat.held->verdict.rule = rule;
      seat.held->verdict.because = {told(text)};
    }
    return emit_held(seat);
  }
  emit_held(seat);
  // A worker that died between two trials failed the one it did not get to.
  const std::uint64_t begun = seat.worker.offset_in_lease().value_or(seat.accounted);
  const std::uint64_t at = std::max(begun, seat.worker.done());
  if (at < seat.accounted || at >= lease.count) {
    if (outcome != Outcome::Clean) {
      emit(NoteRecord{cell_, "a trial that has its verdict then ended like this: " + text});
    }
    return;
  }
  account_clean(seat, at);
  if (outcome == Outcome::Clean) return account_clean(seat, at + 1);
  record_plain(seat, outcome, rule, text);
}

void CellRunner::account_clean(Seat& seat, std::uint64_t upto) {
  const IndexRange& lease = seat.worker.current_lease();
  upto = std::min(upto, lease.count);
  if (upto <= seat.accounted) return;
  emit(BatchRecord{cell_, seat.worker.lane(), seat.worker.id(), lease.first + seat.accounted,
                   upto - seat.accounted, seat.armed});
  seat.accounted = upto;
}

/// A trial whose outcome needs no observation.
void CellRunner::record_plain(Seat& seat, Outcome outcome, Rule rule, const std::string& text) {
  const std::uint64_t trial = seat.worker.current_lease().first + seat.accounted;
  TrialRecord record{.cell = cell_, .observation = opening(seat, trial, true), .verdict = {}};
  record.observation.ended = now_ns();
  record.observation.message = text;
  record.verdict.outcome = outcome;
  record.verdict.rule = rule;
  record.verdict.because = {told(text)};
  ++seat.accounted;
  emit(record);
}

Observation CellRunner::opening(const Seat& seat, std::uint64_t trial, bool parked) const {
  const protocol::Slot& slot = seat.worker.slot();
  Observation o;
  o.repro = plan_.spec.repro;
  o.variant = plan_.spec.variant;
  o.trial = trial;
  o.worker = seat.worker.id();
  o.lane = seat.worker.lane();
  o.trial_start = slot.trial_start_ns.load(std::memory_order_acquire);
  o.opened = now_ns();
  o.wedge = parked ? slot.wedge_ns : o.trial_start;
  o.parked = parked;
  o.phase = text_of(slot.phase);
  // A worker that died between two trials left the shot of the one before.
  if (slot.trial.load(std::memory_order_acquire) == trial) o.shot = to_model(slot.shot);
  o.traced = seat.armed;
  return o;
}

std::optional<std::size_t> CellRunner::free_slot() const {
  for (std::size_t index = 0; index < Arena::kSlots; ++index) {
    const bool used = std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
      return seat.worker.slot_index() == index;
    });
    if (!used && !parts_.arena.retired(index)) return index;
  }
  return std::nullopt;
}

/// Every lane has one worker that runs or is about to; those under observation do not count.
void CellRunner::fill_lanes() {
  for (std::uint32_t lane = 0; lane < static_cast<std::uint32_t>(plan_.spec.workers); ++lane) {
    bool manned = false;
    int parked = 0;
    Seat* spare = nullptr;
    for (Seat& seat : seats_) {
      if (seat.worker.lane() != lane || seat.dying) continue;
      if (seat.watched) {
        ++parked;
      } else if (!seat.spare) {
        manned = true;
      } else if (seat.worker.state() == WorkerState::Idle && !seat.worker.leased()) {
        spare = &seat;
      }
    }
    if (manned || book_.empty()) continue;
    if (spare != nullptr) {
      spare->spare = false;
      give_lease(*spare);
    } else if (parked < parts_.limits.most_parked) {
      seat_new_worker(lane);
    }
  }
}

void CellRunner::seat_new_worker(std::uint32_t lane) {
  const auto index = free_slot();
  if (!index) {
    if (seats_.empty()) give_up("every slot is with a worker that was left behind");
    return;
  }
  auto worker = Worker::start(plan_, parts_.arena, parts_.cgroup, parts_.record, *index, lane,
                              parts_.next_worker);
  if (!worker) {
    return start_failed(worker.error().what());
  }
  ++parts_.next_worker;
  seats_.emplace_back(std::move(*worker));
  tell_workers();
}

void CellRunner::tell_workers() {
  std::vector<pid_t> pids;
  for (const Seat& seat : seats_) pids.push_back(seat.worker.pid());
  parts_.reader.know_workers(std::move(pids));
}

void CellRunner::decide_stop() {
  if (end_reason_ == EndReason::None) {
    const Nanos elapsed = result_.elapsed() + (now_ns() - start_);
    end_reason_ = decide(rule_, result_.tally(), elapsed);
    const std::uint64_t stuck = result_.tally().count(Outcome::Stuck);
    if (variant_.expect != Expect::Lookalike && stuck >= parts_.limits.most_stuck) {
      give_up(std::to_string(stuck) +
              " trials stood still and nothing is proven of them; the cell ends here");
    }
    if (survivors_ + leftovers_.alive(now_ns()) > parts_.limits.most_abandoned) {
      give_up("too many victims could not be freed; the cell ends here");
    }
    if (parts_.interrupted) end_reason_ = EndReason::Interrupted;
    if (book_.empty() && std::all_of(seats_.begin(), seats_.end(), [](const Seat& seat) {
          return !seat.worker.leased() && !seat.watched;
        })) {
      if (end_reason_ == EndReason::None) end_reason_ = EndReason::Trials;
    }
  }
  if ((end_reason_ == EndReason::None) || stopping_since_ != 0) return;
  stopping_since_ = now_ns();
  for (Seat& seat : seats_) {
    seat.worker.stop_soon();
    if (parts_.interrupted && seat.watched && !seat.watched->watch.established()) {
      seat.watched->watch.interrupt(now_ns());
    }
  }
}

/// True when nothing is in flight any more; pushes it that way once the cell is ending.
bool CellRunner::settled() const {
  if (end_reason_ == EndReason::None) return false;
  // What is being watched has an end of its own, and cut short it would say nothing. Only the user
  // does not wait for it.
  Nanos begin = stopping_since_;
  for (const Seat& seat : seats_) {
    if (seat.watched && !parts_.interrupted) {
      begin = std::max(begin, seat.watched->watch.latest_end());
    }
  }
  const bool late = now_ns() - begin > parts_.scaled(kStopLimit);
  const bool in_flight = std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) {
    if (seat.dying) return false;
    const WorkerState state = seat.worker.state();
    return seat.watched.has_value() ||
           (seat.worker.leased() && state != WorkerState::Skipped && state != WorkerState::Failed);
  });
  return late || !in_flight;
}

/// The cell is over: no worker, process or FUSE connection of it may stay.
void CellRunner::finish_leftovers() {
  for (Seat& seat : seats_) {
    if (seat.watched) {
      seat.watched->watch.interrupt(now_ns());
      conclude(seat);
    }
    dismiss(seat);
  }
  const Nanos deadline = now_ns() + kReapLimit;
  Nanos kill_again = now_ns() + kGrace;
  while (now_ns() < deadline) {
    take_ended_children();
    take_reader_answers();
    abort_orphaned_connections(seats_, parts_.reader);
    std::erase_if(seats_, [](const Seat& seat) { return seat.dying && seat.killed_at == 0; });
    const bool empty = parts_.cgroup.version() == 0 || parts_.cgroup.processes().empty();
    const bool told = !parts_.reader.next_deadline();  // every abort went out
    if (seats_.empty() && empty && told) return;
    if (!empty && now_ns() >= kill_again) {
      parts_.cgroup.kill_all();
      kill_again = now_ns() + kGrace;
    }
    parts_.sleep_until(now_ns() + 5 * kMilli);
  }
  for (const Seat& seat : seats_) {
    emit(NoteRecord{cell_, "worker " + std::to_string(seat.worker.pid()) +
                               " survived SIGKILL and is left behind"});
    parts_.arena.retire(seat.worker.slot_index());
  }
  for (const pid_t pid : parts_.cgroup.processes()) {
    emit(NoteRecord{cell_, "process " + std::to_string(pid) + " of the cell is left behind"});
  }
  for (const Seat& seat : seats_) {
    if (seat.armed) parts_.recorder->forget(seat.worker.pid());
  }
  seats_.clear();
}

}  // namespace hangrate
