// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of CellRunner that does what the machine of its cell says.
#include <algorithm>
#include <cstring>

#include "harness/run/cell_runner.h"
#include "harness/run/sight_of.h"
#include "harness/run/slot_view.h"

namespace hangrate {

using protocol::Verb;

namespace {

Verb verb_of(Order order) {
  switch (order) {
    case Order::Check:
      return Verb::Check;
    case Order::Lever:
      return Verb::Lever;
    case Order::Continue:
      return Verb::Continue;
    case Order::None:
      break;
  }
  return Verb::None;
}

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

void CellRunner::perform(const ForWorker& action) {
  Member* member = crew_.find(action.worker);
  if (member == nullptr) return;
  std::visit([&](const auto& each) { perform(*member, each); }, action.action);
}

void CellRunner::perform(const Save& action) {
  if (!trouble_ || !parts_.events.record) return;
  trouble_ = parts_.events.record(action.record);
  if (!trouble_) tell(RecordLost{trouble_.error().what()});
}

void CellRunner::perform(const Start& action) {
  const auto index = crew_.free_slot(parts_.arena);
  if (!index) return tell(NoSlot{});
  auto worker = Worker::start(plan_, parts_.arena, parts_.cgroup, parts_.record, *index,
                              action.lane, parts_.next_worker);
  if (!worker) return tell(NotStarted{worker.error().what()});
  ++parts_.next_worker;
  const Worker& added = crew_.add(std::move(*worker)).worker;
  crew_.tell(parts_.reader);
  tell(Started{added.id(), added.lane(), added.pid(), added.started()});
}

void CellRunner::perform(const Drop& action) {
  Member* member = crew_.find(action.worker);
  if (member == nullptr) return;
  abort_orphaned_connection(*member, parts_.reader);
  if (action.survived) parts_.arena.retire(member->worker.slot_index());
  if (member->followed) parts_.recorder->forget(member->worker.pid());
  crew_.remove(action.worker);
  crew_.tell(parts_.reader);
}

void CellRunner::perform(const ReadArms& /*action*/) {
  tell(SearchRead{arms_of(parts_.arena.search())});
  if (parts_.recorder != nullptr) recorder_before_ = parts_.recorder->stats();
}

void CellRunner::perform(const NoBirthInCgroup& /*action*/) {
  parts_.cgroup.give_up_direct_entry();
}

void CellRunner::perform(const Suspect& action) {
  leftovers_.suspect(action.pids, action.since);
}

void CellRunner::perform(const Wake& action) {
  next_wake_ = std::min(next_wake_, action.at);
}

void CellRunner::perform(Member& member, const Send& action) {
  member.worker.send(verb_of(action.order));
}

void CellRunner::perform(Member& member, const GiveLease& action) {
  member.worker.stop_no_more();
  member.worker.lease(action.range);
}

void CellRunner::perform(Member& member, const StopSoon& /*action*/) {
  member.worker.stop_soon();
}

void CellRunner::perform(Member& member, const LookAgain& /*action*/) {
  tell(member.worker.id(), Looked{sight_of(member.worker, member.followed)});
}

void CellRunner::perform(Member& member, const KeepParties& action) {
  const Worker& worker = member.worker;
  member.parties = action.parked ? parties_of(worker.slot()) : worker_alone(worker);
  member.namer = {worker.pid(), parts_.next_watch++};
  member.request = 0;
  member.poke = 0;
}

void CellRunner::perform(Member& member, const Read& action) {
  member.request = parts_.reader.request(member.parties, action.limit,
                                         action.whole ? Depth::Full : Depth::Motion, member.namer);
}

void CellRunner::perform(Member& member, const Signal& action) {
  member.poke = parts_.reader.signal(targets_of(action.pokes), action.number, member.namer);
}

void CellRunner::perform(Member& member, const Kill& /*action*/) {
  member.dying = true;
  member.worker.kill();
}

}  // namespace hangrate
