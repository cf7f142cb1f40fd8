// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of CellRunner that goes with the flight recorder: whom it follows, and what is kept.
#include <algorithm>

#include "harness/classify/condense.h"
#include "harness/run/cell_runner.h"

namespace hangrate {

namespace {

// A cell in which every trial hangs has told all it can after so many traces; from then on one
// lease in so many is watched. In a TCG guest a trace takes longer than the rest of a hit.
constexpr std::uint64_t kTracesOfAll = 100;
constexpr std::uint64_t kTraceEvery = 20;

constexpr Nanos kTrialPatience = 3600 * kSecond;

}  // namespace

/// Before a lease, when the worker sleeps and is no victim: follow it in this lease, or not.
void CellRunner::arm(Seat& seat) {
  if (parts_.recorder == nullptr) return;
  const bool enough = parts_.trace.mode == TraceMode::OnHit && traces_taken_ >= kTracesOfAll;
  const std::uint64_t every = parts_.trace.mode == TraceMode::Compare ? 2
                              : enough                                ? kTraceEvery
                                                                      : 1;
  const bool wanted = leases_ % every == 0;
  ++leases_;
  if (wanted == seat.armed) return;
  const pid_t pid = seat.worker.pid();
  if (wanted) {
    const auto followed = parts_.recorder->watch(pid);
    seat.armed = followed.has_value();
    if (!followed) emit(NoteRecord{cell_, followed.error().what()});
  } else {
    parts_.recorder->forget(pid);
    seat.armed = false;
  }
}

/// What the recorder saw of the trial under observation, from its start to now.
void CellRunner::take_trace(Seat& seat) {
  if (!seat.armed) return;
  Watched& watched = *seat.watched;
  const Observation& seen = watched.watch.observation();
  SnapshotRequest request{.from = seen.trial_start, .until = 0, .root = seat.worker.pid()};
  for (const ReadTarget& target : watched.targets) {
    request.tasks.push_back(
        {.tid = target.tid != 0 ? target.tid : target.pid, .pid = target.pid, .role = target.role});
  }
  Trace trace = parts_.recorder->snapshot(request);
  condense(trace);
  watched.watch.recorded(std::move(trace));
  ++traces_taken_;
}

/// With --trace always: keeps the trace of a trial that simply ended. Its lease was of one trial.
bool CellRunner::keep_trace(Seat& seat) {
  if (!seat.armed || parts_.trace.mode != TraceMode::Always) return false;
  if (traces_kept_ >= parts_.trace.keep) return false;
  ++traces_kept_;
  const IndexRange& lease = seat.worker.current_lease();
  TrialRecord record{
      .cell = cell_, .observation = opening(seat, lease.first, false), .verdict = {}};
  record.observation.ended = now_ns();
  record.observation.slow_after = kTrialPatience;  // it came in time, or it would have been watched
  record.observation.trace = parts_.recorder->snapshot(
      {.from = record.observation.trial_start, .until = 0, .root = seat.worker.pid()});
  record.verdict.outcome = Outcome::Clean;
  record.verdict.rule = "ended in time";
  ++seat.accounted;
  emit(record);
  return true;
}

TraceCost CellRunner::trace_cost() const {
  TraceCost cost = cost_;
  if (parts_.recorder == nullptr) return cost;
  const RecorderStats now = parts_.recorder->stats();
  cost.events = now.events - recorder_before_.events;
  cost.overwritten = now.overwritten - recorder_before_.overwritten;
  cost.dropped = now.dropped - recorder_before_.dropped;
  cost.missed = now.missed - recorder_before_.missed;
  return cost;
}

}  // namespace hangrate
