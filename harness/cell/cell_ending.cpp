// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of Cell that knows when to end, and why.
#include <algorithm>

#include "harness/cell/cell.h"

namespace hangrate {

namespace {

constexpr Nanos kStopLimit = 8 * kSecond;  // for observations in flight when the cell ends

}  // namespace

/// The cell ends here, and this is why.
void Cell::give_up(const std::string& why) {
  end_reason_ = EndReason::Infra;
  why_ = why;
}

/// A worker that never got to a trial. Several in a row end the cell with one trial as Infra, so
/// that the machine's failure is in the tally.
void Cell::start_failed(const std::string& why) {
  const std::string text = "a worker could not start: " + why;
  note(text);
  if (++failures_ < setup_.limits.most_failures || end_reason_ != EndReason::None) return;
  give_up(text);
  const IndexRange trial = book_.take(1);
  if (trial.count == 0) return;  // every trial is with another worker
  emit(unwatched_trial(setup_.cell, setup_.spec.repro, setup_.spec.variant, trial.first,
                       Outcome::Infra, Rule::NoWorkerStarts, why));
}

void Cell::drop_survivors(Nanos now) {
  for (auto seat = seats_.begin(); seat != seats_.end();) {
    if (!seat->survives(now)) {
      ++seat;
      continue;
    }
    ++survivors_;
    leave_behind(*seat);
    seat = seats_.erase(seat);
  }
}

void Cell::leave_behind(const Seat& seat) {
  note("worker " + std::to_string(seat.pid()) + " survived SIGKILL and is left behind");
  out_.push_back(Drop{.worker = seat.id(), .survived = true});
}

void Cell::decide_end(int leftovers, Nanos now) {
  if (end_reason_ == EndReason::None) {
    end_reason_ = decide(setup_.rule, result_.tally(), result_.elapsed() + (now - start_));
    const std::uint64_t stuck = result_.tally().count(Outcome::Stuck);
    if (variant_.expect != Expect::Lookalike && stuck >= setup_.limits.most_stuck) {
      give_up(std::to_string(stuck) +
              " trials stood still and nothing is proven of them; the cell ends here");
    }
    if (survivors_ + leftovers > setup_.limits.most_abandoned) {
      give_up("too many victims could not be freed; the cell ends here");
    }
    if (interrupted_) end_reason_ = EndReason::Interrupted;
    if (end_reason_ == EndReason::None && nothing_left_to_do()) end_reason_ = EndReason::Trials;
  }
  if (end_reason_ != EndReason::None && !stopping_since_) stop(now);
}

bool Cell::nothing_left_to_do() const {
  return book_.empty() && std::all_of(seats_.begin(), seats_.end(), [](const Seat& seat) {
           return !seat.leased() && !seat.is<Seat::Watched>();
         });
}

void Cell::stop(Nanos now) {
  stopping_since_ = now;
  for (Seat& seat : seats_) tell(seat, StopAsked{.cut_watch = interrupted_}, now);
}

bool Cell::settled(Nanos now) const {
  if (end_reason_ == EndReason::None || !stopping_since_) return false;
  // What is being watched has an end of its own, and cut short it would say nothing. Only the user
  // does not wait for it.
  Nanos begin = *stopping_since_;
  for (const Seat& seat : seats_) {
    if (!interrupted_) begin = std::max(begin, seat.watched_until());
  }
  const bool late = now - begin > slowness_.scaled(kStopLimit);
  const bool in_flight =
      std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.in_flight(); });
  return late || !in_flight;
}

}  // namespace hangrate
