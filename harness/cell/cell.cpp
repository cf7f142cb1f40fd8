// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cell/cell.h"

#include <algorithm>
#include <utility>

namespace hangrate {

namespace {

constexpr std::uint64_t kNoEnd = 1ull << 62;

std::uint64_t planned(const CellSpec& spec) {
  return spec.trials != 0 ? spec.trials : kNoEnd;
}

}  // namespace

Cell::Cell(const CellSetup& setup, Slowness& slowness, CellResult& result, Nanos now)
    : setup_(setup),
      variant_(setup.spec.variant_spec()),
      slowness_(slowness),
      result_(result),
      book_(setup.spec.first, setup.spec.search, planned(setup.spec), result.recorded()),
      start_(now) {}

CellActions Cell::next(const CellEvent& event, Nanos now) {
  std::visit([&](const auto& each) { on(each, now); }, event);
  return std::exchange(out_, {});
}

void Cell::on(const Began& /*event*/, Nanos /*now*/) {
  const bool fresh = result_.recorded().total() == 0 && result_.end_reason() == EndReason::None;
  if (fresh && !setup_.spec.warm.note.empty()) note(setup_.spec.warm.note);
}

void Cell::on(const OfWorker& event, Nanos now) {
  const auto seat = std::find_if(seats_.begin(), seats_.end(),
                                 [&](const Seat& s) { return s.id() == event.worker; });
  if (seat == seats_.end()) return;
  tell(*seat, event.event, now);
  if (!seat->is<Seat::Gone>()) return;
  out_.push_back(Drop{seat->id()});
  seats_.erase(seat);
}

void Cell::on(const Started& event, Nanos now) {
  // By the time before it was forked, which may take longer than its own start.
  seats_.emplace_back(event.worker, event.lane, event.pid, event.at != 0 ? event.at : now);
}

void Cell::on(const NotStarted& event, Nanos /*now*/) {
  start_failed(event.why);
}

void Cell::on(const NoSlot& /*event*/, Nanos /*now*/) {
  if (seats_.empty()) give_up("every slot is with a worker that was left behind");
}

void Cell::on(const Interrupted& /*event*/, Nanos /*now*/) {
  interrupted_ = true;
}

/// What the search has learned chooses the arm that is measured, so it is on record before the
/// first such trial: a killed run goes on with the same one.
void Cell::on(const SearchRead& event, Nanos now) {
  tell_arms_off(event.arms);
  book_.settle(result_.recorded());
  emit(SearchRecord{setup_.cell, event.arms});
  out_.push_back(Wake{now});  // workers wait for this
}

void Cell::on(const RecordLost& event, Nanos /*now*/) {
  give_up(event.why);
}

void Cell::on(const Noted& event, Nanos /*now*/) {
  note(event.text);
}

void Cell::on(const Closed& /*event*/, Nanos now) {
  for (Seat& seat : seats_) tell(seat, Dismissed{}, now);
}

void Cell::on(const LeftBehind& event, Nanos /*now*/) {
  for (const Seat& seat : seats_) leave_behind(seat);
  seats_.clear();
  for (const int pid : event.processes) {
    note("process " + std::to_string(pid) + " of the cell is left behind");
  }
}

void Cell::on(const Measured& event, Nanos now) {
  tell_arms_off(event.arms);
  TraceCost cost = event.cost;
  cost.traced = cost_.traced;
  cost.untraced = cost_.untraced;
  emit(CellEndRecord{setup_.cell, end_reason_, why_, now - start_, event.load, cost, event.arms});
}

void Cell::on(const Woke& event, Nanos now) {
  drop_survivors(now);
  decide_end(event.leftovers, now);
  if (end_reason_ == EndReason::None) fill_lanes(now);
}

void Cell::emit(const Record& record) {
  result_.apply(record);
  const auto* trial = std::get_if<TrialRecord>(&record);
  const bool told = std::holds_alternative<BatchRecord>(record) ||
                    (trial != nullptr && trial->verdict.outcome != Outcome::Infra);
  if (told) given_up_ = 0;
  out_.push_back(Save{record});
  if (!book_.searching() || arms_asked_ || !book_.searched(result_.recorded())) return;
  arms_asked_ = true;
  out_.push_back(ReadArms{});
}

void Cell::note(std::string text) {
  emit(NoteRecord{setup_.cell, std::move(text)});
}

void Cell::tell_arms_off(const std::vector<ArmFact>& arms) {
  for (const ArmFact& arm : arms) {
    if (arm.off.empty()) continue;
    const std::string text = "plan " + arm.plan + " is off: " + arm.off;
    const std::vector<std::string>& known = result_.notes();
    if (std::find(known.begin(), known.end(), text) == known.end()) note(text);
  }
}

/// Every lane has one worker that runs or is about to; those under observation do not count.
void Cell::fill_lanes(Nanos now) {
  const auto lanes = static_cast<std::uint32_t>(setup_.spec.workers);
  for (std::uint32_t lane = 0; lane < lanes; ++lane) fill_lane(lane, now);
}

void Cell::fill_lane(std::uint32_t lane, Nanos now) {
  int watched = 0;
  Seat* spare = nullptr;
  for (Seat& seat : seats_) {
    if (seat.lane() != lane || seat.is<Seat::Dying>()) continue;
    if (seat.is<Seat::Watched>()) {
      ++watched;
    } else if (!seat.spare()) {
      return;  // manned
    } else if (seat.is<Seat::Idle>()) {
      spare = &seat;
    }
  }
  if (book_.empty()) return;
  if (spare != nullptr) {
    spare->take_over();
    give_lease(*spare, now);
  } else if (watched < setup_.limits.most_parked) {
    out_.push_back(Start{lane});
  }
}

void Cell::give_lease(Seat& seat, Nanos now) {
  const bool one_by_one = keeps_traces();
  const IndexRange lease = book_.take(one_by_one ? 1 : lease_size_.most());
  if (lease.count == 0) return;
  if (setup_.recorder) {
    const bool wanted = setup_.trace != TraceMode::Compare || leases_ % 2 == 0;
    ++leases_;
    out_.push_back(Follow{seat.id(), wanted});
  }
  tell(seat, Granted{lease}, now);
}

bool Cell::keeps_traces() const {
  return setup_.recorder && setup_.trace == TraceMode::Always &&
         traces_kept_ < setup_.traces_to_keep;
}

}  // namespace hangrate
