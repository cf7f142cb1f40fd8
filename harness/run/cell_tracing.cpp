// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of CellRunner that goes with the flight recorder: whom it follows, and what is kept.
#include <algorithm>

#include "harness/classify/condense.h"
#include "harness/run/cell_runner.h"

namespace hangrate {

namespace {

// A cell in which every trial hangs as declared has told all it can after so many traces, of 6 to
// 20 kB each; from then on one in so many is kept. A hang of another kind always has its own.
constexpr std::uint64_t kTracesOfAll = 1000;
constexpr std::uint64_t kTraceEvery = 20;

constexpr Nanos kTrialPatience = 3600 * kSecond;

}  // namespace

/// Before a lease, when the worker sleeps and is no victim: follow it in this lease, or not.
void CellRunner::arm(Seat& seat) {
  if (parts_.recorder == nullptr) return;
  const bool wanted = parts_.trace.mode != TraceMode::Compare || leases_ % 2 == 0;
  ++leases_;
  const pid_t pid = seat.worker.pid();
  if (wanted && !seat.armed) {
    const auto followed = parts_.recorder->watch(pid);
    seat.armed = followed.has_value();
    if (!followed) emit(NoteRecord{cell_, followed.error().what()});
  } else if (!wanted && seat.armed) {
    parts_.recorder->forget(pid);
    seat.armed = false;
  }
  if (seat.armed) parts_.recorder->begin(pid);
}

/// What the recorder saw of a trial of this worker, from its start to now.
Trace CellRunner::trace_since(const Seat& seat, Nanos start, std::vector<TraceTask> parties) {
  Trace trace = parts_.recorder->snapshot(
      {.from = start, .until = 0, .root = seat.worker.pid(), .tasks = std::move(parties)});
  condense(trace);
  return trace;
}

/// Of the trial under observation, whose evidence is complete.
void CellRunner::take_trace(Seat& seat) {
  Watched& watched = *seat.watched;
  if (!seat.armed || watched.traced) return;
  watched.traced = true;
  const Round& proof = watched.watch.observation().rounds.back();
  if (match_signatures(proof.after, variant_.signatures) == SignatureMatch::Match) {
    const std::uint64_t before = declared_hangs_++;
    if (before >= kTracesOfAll && before % kTraceEvery != 0) return;
  }
  std::vector<TraceTask> parties;
  for (const ReadTarget& target : watched.targets) {
    parties.push_back(
        {.tid = target.tid != 0 ? target.tid : target.pid, .pid = target.pid, .role = target.role});
  }
  const pid_t worker = seat.worker.pid();
  const bool party = std::any_of(parties.begin(), parties.end(),
                                 [&](const TraceTask& task) { return task.tid == worker; });
  if (!party && !variant_.worker_role.empty()) {
    parties.push_back({.tid = worker, .pid = worker, .role = variant_.worker_role});
  }
  const Nanos start = watched.watch.observation().trial_start;
  watched.watch.recorded(trace_since(seat, start, std::move(parties)));
}

/// With --trace always: of a trial that simply ended, whose lease was of one.
bool CellRunner::keep_trace(Seat& seat) {
  const IndexRange& lease = seat.worker.current_lease();
  const bool wanted =
      seat.armed && parts_.trace.mode == TraceMode::Always && traces_kept_ < parts_.trace.keep;
  if (!wanted || lease.count != 1 || seat.worker.done() != 1 || seat.accounted != 0) return false;
  ++traces_kept_;
  TrialRecord record{
      .cell = cell_, .observation = opening(seat, lease.first, false), .verdict = {}};
  record.observation.ended = now_ns();
  record.observation.slow_after = kTrialPatience;  // it came in time, or it would have been watched
  record.observation.trace = trace_since(seat, record.observation.trial_start, {});
  record.verdict.outcome = Outcome::Clean;
  record.verdict.rule = Rule::EndedInTime;
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
