// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of Cell that hears its seats.
#include "harness/cell/cell.h"

namespace hangrate {

namespace {

// A cell in which every trial hangs as declared has told all it can after so many traces, of 6 to
// 20 kB each; from then on one in so many is kept. A hang of another kind always has its own.
constexpr std::uint64_t kTracesOfAll = 1000;
constexpr std::uint64_t kTraceEvery = 20;

}  // namespace

SeatContext Cell::context() const {
  bool begun = result_.recorded().total() > 0;
  for (const Seat& seat : seats_) begun = begun || seat.begun();
  return {.cell = setup_.cell,
          .spec = setup_.spec,
          .variant = variant_,
          .slowness = slowness_,
          .rescues = rescues_,
          .begun = begun,
          .interrupted = interrupted_,
          .keep_traces = keeps_traces()};
}

void Cell::tell(Seat& seat, const SeatEvent& event, Nanos now) {
  for (SeatAction& action : seat.next(event, context(), now)) {
    std::visit([&](auto& each) { take(each, seat, now); }, action);
  }
}

template <typename A>
void Cell::take(A& action, Seat& seat, Nanos /*now*/) {
  out_.push_back(ForWorker{seat.id(), std::move(action)});
}

void Cell::take(Emit& action, Seat& /*seat*/, Nanos /*now*/) {
  emit(action.record);
}

void Cell::take(GiveBack& action, Seat& /*seat*/, Nanos /*now*/) {
  book_.give_back(action.range);
}

void Cell::take(Ready& action, Seat& seat, Nanos now) {
  failures_ = 0;
  if (!action.spare && end_reason_ == EndReason::None) give_lease(seat, now);
}

void Cell::take(LeaseDone& action, Seat& /*seat*/, Nanos /*now*/) {
  lease_size_.note(action.trials, action.took);
  if (!action.undisturbed || action.trials == 0 || action.search) return;
  LeaseTime& time = action.traced ? cost_.traced : cost_.untraced;
  time.trials += action.trials;
  time.took += action.took;
}

void Cell::take(StartedIn& action, Seat& /*seat*/, Nanos /*now*/) {
  slowness_.note_start(action.took);
}

void Cell::take(Concluded& action, Seat& /*seat*/, Nanos /*now*/) {
  rescues_.note(action.verdict);
}

void Cell::take(TakeTrace& action, Seat& seat, Nanos now) {
  if (!action.with_parties) ++traces_kept_;
  if (action.declared) {
    const std::uint64_t before = declared_hangs_++;
    if (before >= kTracesOfAll && before % kTraceEvery != 0) return tell(seat, Traced{}, now);
  }
  out_.push_back(ForWorker{seat.id(), action});
}

void Cell::take(Suspect& action, Seat& /*seat*/, Nanos /*now*/) {
  out_.push_back(std::move(action));
}

void Cell::take(LeftOpen& /*action*/, Seat& /*seat*/, Nanos /*now*/) {
  end_reason_ = EndReason::Interrupted;  // whatever ended it before: it is not whole
}

void Cell::take(CannotRun& action, Seat& /*seat*/, Nanos /*now*/) {
  emit(SkipRecord{setup_.cell, action.why});
  end_reason_ = EndReason::Skipped;
}

void Cell::take(StartFailed& action, Seat& /*seat*/, Nanos /*now*/) {
  start_failed(action.why);
}

void Cell::take(GivenUp& action, Seat& /*seat*/, Nanos /*now*/) {
  if (++given_up_ < setup_.limits.most_given_up || end_reason_ != EndReason::None) return;
  give_up("given up after " + std::to_string(given_up_) + " such trials in a row: " + action.why);
}

/// clone3(CLONE_INTO_CGROUP) kills at birth where the two cgroups were killed (cgroup.kill)
/// unequally often: b69bb476dee9 (v6.14, 6.12.16) until its fix (7.2.13, 6.12.115). A service that
/// was killed once is enough.
void Cell::take(DeadAtBirth& /*action*/, Seat& /*seat*/, Nanos /*now*/) {
  if (std::exchange(born_dead_, true)) return;
  out_.push_back(NoBirthInCgroup{});
  note(
      "a worker was killed at birth in the run's cgroup; those after it write "
      "themselves into it (kernels from 6.1.129, 6.12.16 and 6.14 to 6.12.114 and 7.2.12 do that "
      "once one of the cgroups has seen cgroup.kill)");
}

void Cell::take(Wake& action, Seat& /*seat*/, Nanos /*now*/) {
  out_.push_back(action);
}

}  // namespace hangrate
