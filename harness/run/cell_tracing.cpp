// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of CellRunner that goes with the flight recorder: whom it follows, and what it saw.
#include <algorithm>

#include "harness/classify/condense.h"
#include "harness/run/cell_runner.h"

namespace hangrate {

void CellRunner::perform(const Follow& action) {
  Member* member = crew_.find(action.worker);
  if (member == nullptr || parts_.recorder == nullptr) return;
  const pid_t pid = member->worker.pid();
  if (action.wanted && !member->followed) {
    const auto followed = parts_.recorder->watch(pid);
    member->followed = followed.has_value();
    if (!followed) tell(Noted{followed.error().what()});
  } else if (!action.wanted && member->followed) {
    parts_.recorder->forget(pid);
    member->followed = false;
  }
  if (member->followed) parts_.recorder->begin(pid);
}

/// What the recorder saw of a trial of this worker, from its start to now.
void CellRunner::perform(Member& member, const TakeTrace& action) {
  Trace trace = parts_.recorder->snapshot(
      {.from = action.from,
       .until = 0,
       .root = member.worker.pid(),
       .tasks = action.with_parties ? parties_of_trace(member) : std::vector<TraceTask>{}});
  condense(trace);
  tell(member.worker.id(), Traced{std::move(trace)});
}

std::vector<TraceTask> CellRunner::parties_of_trace(const Member& member) const {
  std::vector<TraceTask> parties;
  for (const ReadTarget& target : member.parties) {
    parties.push_back(
        {.tid = target.tid != 0 ? target.tid : target.pid, .pid = target.pid, .role = target.role});
  }
  const pid_t worker = member.worker.pid();
  const bool party = std::any_of(parties.begin(), parties.end(),
                                 [&](const TraceTask& task) { return task.tid == worker; });
  const std::string& role = plan_.spec.variant_spec().worker_role;
  if (!party && !role.empty()) parties.push_back({.tid = worker, .pid = worker, .role = role});
  return parties;
}

TraceCost CellRunner::recorder_cost() const {
  TraceCost cost;
  if (parts_.recorder == nullptr) return cost;
  const RecorderStats now = parts_.recorder->stats();
  cost.events = now.events - recorder_before_.events;
  cost.overwritten = now.overwritten - recorder_before_.overwritten;
  cost.dropped = now.dropped - recorder_before_.dropped;
  cost.missed = now.missed - recorder_before_.missed;
  return cost;
}

}  // namespace hangrate
