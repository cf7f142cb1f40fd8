// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/wait_graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/waits/places.h"
#include "harness/waits/signals.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

/// Processes that exit in both looks have no table to read, and may hold anything still.
std::set<int> exiting_in_both(const Snapshot& before, const Snapshot& after) {
  std::set<int> pids;
  for (const auto& [tid, task] : after.tasks) {
    const auto earlier = before.tasks.find(tid);
    if (earlier == before.tasks.end() || !alive(task.sample)) continue;
    const std::uint64_t both = task.sample.flags & earlier->second.sample.flags;
    if ((both & kFlagExiting) != 0) pids.insert(task.sample.pid);
  }
  return pids;
}

/// Has it neither moved nor been touched?
bool same_sleep(const SeenTask& a, const SeenTask& b) {
  const TaskSample& x = a.sample;
  const TaskSample& y = b.sample;
  return x.state == y.state && x.started == y.started && x.switches && x.switches == y.switches &&
         x.syscall == y.syscall && x.tracer == y.tracer && a.blocked == b.blocked &&
         a.caught == b.caught;
}

Question question_of(const SeenTask& task, const Need& need) {
  return {task.sample.pid, need.descriptor.number, static_cast<short>(need.events)};
}

/// Asleep on its way: for a page of its buffer, a lock or memory, with its wake-up taken and its
/// work not done.
bool is_at_work(const TaskSample& task) {
  if ((task.flags & kFlagExiting) != 0) return false;
  return task.state == 'D' || (!task.syscall_name.empty() && !in_its_place(task));
}

bool askable(const Need& need) {
  return need.kind == NeedKind::Input || need.kind == NeedKind::Output;
}

}  // namespace

WaitGraph::WaitGraph(const Snapshot& before, const Snapshot& after, GraphOptions options)
    : before_(before),
      after_(after),
      options_(std::move(options)),
      index_(after, exiting_in_both(before, after), options_.births_tell) {
  for (const auto& [tid, task] : after.tasks) {
    if (!still(task)) continue;
    Node node = node_of(task);
    nodes_.emplace(tid, std::move(node));
  }
}

bool WaitGraph::in_scope(int tid) const {
  return options_.scope.empty() || options_.scope.contains(tid);
}

bool WaitGraph::still(const SeenTask& task) const {
  const auto earlier = before_.tasks.find(task.sample.tid);
  return earlier != before_.tasks.end() && asleep(task.sample.state) &&
         (task.sample.flags & kFlagKthread) == 0 && same_sleep(earlier->second, task);
}

WaitGraph::Node WaitGraph::node_of(const SeenTask& task) const {
  Node node;
  node.task = &task;
  node.wait = wait_in(after_, task);
  if (node.wait.kind != Wait::Kind::Closed) {
    node.open = node.wait.why;
    node.askable = false;
    return node;
  }
  add_releasers(node);
  return node;
}

void WaitGraph::add_releasers(Node& node) const {
  for (const Need& need : node.wait.needs) {
    Releasers found = index_.of(*node.task, need);
    node.releasers.merge(found.tasks);
    node.unseen.merge(found.unseen);
    node.askable = node.askable && (found.open.empty() || !found.hidden.empty());
    node.hidden.merge(found.hidden);
    if (!found.open.empty()) node.open = std::move(found.open);
  }
  // A tracer may make it go on, and so does a child's end, by a SIGCHLD that is handled.
  if (node.task->sample.tracer != 0) node.releasers.insert(node.task->sample.tracer);
  if ((handled(*node.task) & signal_bit(kChild)) == 0) return;
  for (const int child : index_.children(node.task->sample.pid)) {
    node.releasers.merge(index_.threads(child));
  }
}

std::vector<Question> WaitGraph::questions() const {
  const std::set<int> closed = closed_set({}, false);
  std::set<Question> all;
  for (const auto& [tid, node] : nodes_) {
    if (!node.askable || (!closed.contains(tid) && !in_scope(tid))) continue;
    for (const Need& need : node.wait.needs) {
      if (askable(need)) all.insert(question_of(*node.task, need));
    }
  }
  return {all.begin(), all.end()};
}

std::set<int> WaitGraph::to_look_at_again() const {
  std::set<int> pids;
  for (const auto& [tid, node] : nodes_) {
    pids.insert(node.task->sample.pid);
    if (!node.askable) continue;
    pids.insert(node.unseen.begin(), node.unseen.end());
    pids.insert(node.hidden.begin(), node.hidden.end());
    for (const Need& need : node.wait.needs) {
      if (askable(need)) pids.merge(index_.holders(need.descriptor.object));
    }
  }
  return pids;
}

/// What is met already cannot be part of a deadlock; what could not be asked may be met.
void WaitGraph::take(const Answers& answers) {
  for (auto& [tid, node] : nodes_) {
    if (!node.askable) continue;
    for (const Need& need : node.wait.needs) {
      if (!askable(need)) continue;
      const Question question = question_of(*node.task, need);
      const auto answer = answers.find(question);
      if (answer == answers.end()) {
        node.open = need.descriptor.object + " could not be asked";
      } else if ((static_cast<std::uint32_t>(answer->second) & (need.events | need.unasked)) != 0) {
        node.ready.push_back(need);
      } else if (other_end_is_missing(node, need, answer->second)) {
        node.open = "nobody is seen at the other end of " + need.descriptor.object;
      }
    }
    if (!node.ready.empty()) node.open = "what it waits for is there";
  }
}

/// Neither held by anybody who is seen nor closed: the kernel holds it (autofs, 9p, a core dump),
/// or it was passed on while we looked.
bool WaitGraph::other_end_is_missing(const Node& node, const Need& need, short events) const {
  const ObjectKind kind = need.descriptor.kind;
  const bool pipe = kind == ObjectKind::Pipe || kind == ObjectKind::Other;
  return pipe && (static_cast<std::uint32_t>(events) & (kPollError | kPollHangUp)) == 0 &&
         index_.of(*node.task, need).tasks.empty();
}

bool WaitGraph::unchanged(int tid, const Snapshot& third) const {
  const auto now = third.tasks.find(tid);
  const auto then = after_.tasks.find(tid);
  return now != third.tasks.end() && then != after_.tasks.end() &&
         same_sleep(then->second, now->second);
}

/// A thread of it that is not `but` has moved, or cannot move for now, or is not seen.
bool WaitGraph::process_moved(int pid, int but, const Snapshot& third) const {
  const std::set<int> threads = index_.threads(pid);
  if (threads.empty() && !index_.dead(pid)) return true;
  for (const int tid : threads) {
    if (tid == but) continue;
    const auto other = nodes_.find(tid);
    if (other == nodes_.end() || !unchanged(tid, third)) return true;
    if (is_frozen(other->second.task->sample) || is_at_work(other->second.task->sample)) {
      return true;
    }
  }
  return false;
}

/// A wake-up goes to one of several waiters: while another who holds the object moves, or cannot
/// move for now, the others rightly sleep on. One who may hold it without showing it is another.
bool WaitGraph::somebody_moved(const Node& node, const Need& need, const Snapshot& third) const {
  std::set<int> pids = index_.holders(need.descriptor.object);
  pids.insert(node.unseen.begin(), node.unseen.end());
  pids.insert(node.hidden.begin(), node.hidden.end());
  return std::any_of(pids.begin(), pids.end(),
                     [&](int pid) { return process_moved(pid, node.task->sample.tid, third); });
}

/// It would return at once, and neither it nor anybody else who may hold the object has moved.
bool WaitGraph::simply_ready(const Node& node, const Snapshot& third) const {
  if (!unchanged(node.task->sample.tid, third)) return false;
  return std::any_of(node.ready.begin(), node.ready.end(), [&](const Need& need) {
    return need.simple && need.repeats && !somebody_moved(node, need, third);
  });
}

/// Whose wake-up it may have been, with no task that is seen to sleep on it: who receives a
/// descriptor that is in flight, or io_uring for a file that is registered; "": nobody's.
std::string WaitGraph::who_may_take(const Node& node) const {
  for (const int pid : node.unseen) {
    const auto process = after_.processes.find(pid);
    if (process == after_.processes.end()) continue;
    if (process->second.hands_over || process->second.registered) {
      return "process " + std::to_string(pid) + " may hold it without showing it";
    }
  }
  return "";
}

bool WaitGraph::lost_wake_up(const Node& node, const Snapshot& third) const {
  return simply_ready(node, third) && who_may_take(node).empty();
}

/// The greatest set whose members can be released by members alone.
std::set<int> WaitGraph::closed_set(const std::set<int>& lost, bool with_unseen) const {
  std::set<int> closed = lost;
  for (const auto& [tid, node] : nodes_) {
    if (node.open.empty()) closed.insert(tid);
  }
  const auto refuted = [&](int tid) {
    if (lost.contains(tid)) return false;
    const Node& node = nodes_.at(tid);
    const bool by_one = std::any_of(node.releasers.begin(), node.releasers.end(), [&](int other) {
      return other != tid && !closed.contains(other);
    });
    if (by_one || !with_unseen) return by_one;
    return std::any_of(node.unseen.begin(), node.unseen.end(), [&](int pid) {
      const std::set<int> threads = index_.threads(pid);
      return threads.empty() || std::any_of(threads.begin(), threads.end(),
                                            [&](int other) { return !closed.contains(other); });
    });
  };
  while (std::erase_if(closed, refuted) != 0) {
  }
  return closed;
}

std::vector<WaitGraph::Members> WaitGraph::components(const std::set<int>& closed,
                                                      const std::set<int>& lost) const {
  std::map<int, std::set<int>> edges;
  for (const int tid : closed) {
    for (const int other : nodes_.at(tid).releasers) {
      if (!closed.contains(other)) continue;
      edges[tid].insert(other);
      edges[other].insert(tid);
    }
  }
  std::vector<Members> all;
  std::set<int> taken;
  for (const int first : closed) {
    if (taken.contains(first)) continue;
    Members members;
    std::vector<int> todo = {first};
    while (!todo.empty()) {
      const int tid = todo.back();
      todo.pop_back();
      if (!members.tids.insert(tid).second) continue;
      members.lost = members.lost || lost.contains(tid);
      const std::set<int>& unseen = nodes_.at(tid).unseen;
      members.unseen.insert(unseen.begin(), unseen.end());
      for (const int other : edges[tid]) todo.push_back(other);
    }
    taken.insert(members.tids.begin(), members.tids.end());
    all.push_back(std::move(members));
  }
  return all;
}

Diagnosis WaitGraph::conclude(const Answers& answers, const Snapshot& third) {
  take(answers);
  std::set<int> lost;
  for (const auto& [tid, node] : nodes_) {
    if (lost_wake_up(node, third)) lost.insert(tid);
  }
  for (auto& [tid, node] : nodes_) {
    if (node.open.empty() && !unchanged(tid, third)) node.open = "it moves";
  }
  Diagnosis diagnosis;
  diagnosis.looked_at = after_.tasks.size();
  const std::set<int> strict = closed_set(lost, true);
  std::set<int> told;
  for (const Members& members : components(strict, lost)) {
    if (std::none_of(members.tids.begin(), members.tids.end(),
                     [&](int tid) { return in_scope(tid); })) {
      continue;
    }
    told.insert(members.tids.begin(), members.tids.end());
    conclude(members, diagnosis);
  }
  std::set<int> lax = closed_set(lost, false);
  for (const int tid : lax) {
    if (strict.contains(tid) || !in_scope(tid)) continue;
    told.insert(tid);
    const Node& node = nodes_.at(tid);
    const std::string why =
        node.unseen.empty() ? "; who could end that is stuck"
                            : "; all who are seen to hold it wait as well, but " +
                                  names_of(node.unseen, after_) + " may hold it without showing it";
    diagnosis.stuck.push_back({ref_of(node.task->sample), wait_words(*node.task, node.wait) + why});
  }
  for (const auto& [tid, node] : nodes_) {
    if (told.contains(tid) || !in_scope(tid) || !simply_ready(node, third)) continue;
    told.insert(tid);
    diagnosis.stuck.push_back({ref_of(node.task->sample), wait_words(*node.task, node.wait) + "; " +
                                                              ready_words(node.ready.front()) +
                                                              ", but " + who_may_take(node)});
  }
  add_unkillable(third, told, diagnosis);
  add_unmoved(told, diagnosis);
  return diagnosis;
}

}  // namespace hangrate
