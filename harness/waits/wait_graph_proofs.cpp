// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a WaitGraph says of a closed set: a proof, or why it is none.
#include <algorithm>

#include <fmt/format.h>

#include "harness/waits/signals.h"
#include "harness/waits/wait_graph.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

bool waits_for_fuse(const Wait& wait) {
  return !wait.needs.empty() && wait.needs.front().kind == NeedKind::FuseReply;
}

std::vector<FuseConnection> owing_connections(const Snapshot& seen) {
  std::vector<FuseConnection> all;
  for (const auto& [connection, waiting] : seen.fuse_waiting) {
    const auto instance = seen.fuse_instances.find(connection);
    const bool known = instance != seen.fuse_instances.end();
    if (waiting > 0) all.push_back({connection, known ? instance->second : 0});
  }
  return all;
}

}  // namespace

/// An alarm shows nowhere in /proc, and would end the wait by its handler. A timer that is not
/// handled kills, and that releases the others; a task that exits is beyond it.
std::string WaitGraph::timer_of(const Members& members) const {
  for (const int tid : members.tids) {
    const SeenTask& task = *nodes_.at(tid).task;
    const bool exits = (task.sample.flags & kFlagExiting) != 0;
    const bool catches = (task.caught & ~kOfItsOwn) != 0;
    const auto process = after_.processes.find(task.sample.pid);
    if (exits || (!catches && members.tids.size() == 1)) continue;
    if ((handled(task) & signal_bit(kAlarm)) != 0) {
      return name_of(task.sample) +
             " handles SIGALRM, and whether a timer will send it shows nowhere";
    }
    if (process != after_.processes.end() && process->second.timers) {
      return name_of(task.sample) + " has a timer that may send it a signal";
    }
    if (catches && process != after_.processes.end() && process->second.timers_hidden) {
      return name_of(task.sample) +
             " handles signals, and whether a timer will send one shows nowhere";
    }
  }
  return "";
}

/// Does every task that lives and is asked about hang in it? None of them can send a signal then.
bool WaitGraph::is_whole_scope(const Members& members) const {
  return std::all_of(options_.scope.begin(), options_.scope.end(), [&](int tid) {
    const auto task = after_.tasks.find(tid);
    return task == after_.tasks.end() || !alive(task->second.sample) || members.tids.contains(tid);
  });
}

bool WaitGraph::catches_signals(const Members& members) const {
  return std::any_of(members.tids.begin(), members.tids.end(), [&](int tid) {
    const SeenTask& task = *nodes_.at(tid).task;
    const bool can = task.sample.state == 'S' && (task.sample.flags & kFlagExiting) == 0;
    return can && (handled(task) & ~kOfItsOwn) != 0;
  });
}

ProofKind WaitGraph::kind_of(const Members& members) const {
  if (members.lost) return ProofKind::LostWakeUp;
  const int pid = nodes_.at(*members.tids.begin()).task->sample.pid;
  for (const int tid : members.tids) {
    const Node& node = nodes_.at(tid);
    if (node.task->sample.pid != pid) return ProofKind::Deadlock;
    const NeedKind kind = node.wait.needs.front().kind;
    const bool futex = kind == NeedKind::Futex || kind == NeedKind::FutexOwner;
    if (futex && members.tids.size() > 1) {
      return ProofKind::Deadlock;
    }
  }
  return ProofKind::Orphaned;
}

void WaitGraph::conclude(const Members& members, Diagnosis& diagnosis) const {
  WaitProof proof;
  proof.kind = kind_of(members);
  for (const int tid : members.tids) proof.members.push_back(ref_of(nodes_.at(tid).task->sample));
  proof.sentences = sentences(members);
  proof.cure = cure_of(members);
  proof.waits = edges(members);
  proof.others = others(proof.waits, members);
  const bool fuse = std::any_of(members.tids.begin(), members.tids.end(),
                                [&](int tid) { return waits_for_fuse(nodes_.at(tid).wait); });
  if (fuse) proof.connections = owing_connections(after_);
  if (!members.lost) {
    if (const std::string timer = timer_of(members); !timer.empty()) {
      for (std::size_t i = 0; i < proof.members.size(); ++i) {
        diagnosis.stuck.push_back({proof.members[i], proof.sentences[i] + "; but " + timer});
      }
      return;
    }
    const bool ours = options_.signals_are_ours && is_whole_scope(members);
    proof.only_a_signal = !ours && catches_signals(members);
  }
  diagnosis.proofs.push_back(std::move(proof));
}

std::vector<std::string> WaitGraph::sentences(const Members& members) const {
  std::vector<std::string> all;
  for (const int tid : members.tids) {
    const Node& node = nodes_.at(tid);
    std::string line = wait_words(*node.task, node.wait);
    if (!node.ready.empty()) {
      line += "; " + ready_words(node.ready.front());
    } else {
      std::set<int> others = node.releasers;
      others.erase(tid);
      line += others.empty() ? "; nobody else could end that"
                             : "; only " + names_of(others, after_) + " could end that";
    }
    all.push_back(std::move(line));
  }
  return all;
}

/// A signal makes a task look again at what it lost; an abort answers every FUSE request; else one
/// of them has to end, and the one that others wait for least is the cheapest.
std::string WaitGraph::cure_of(const Members& members) const {
  for (const int tid : members.tids) {
    const Node& node = nodes_.at(tid);
    if (!node.ready.empty()) {
      const int pid = node.task->sample.pid;
      return fmt::format(
          "stop and continue it, as attaching a debugger does: kill -STOP {0}; kill -CONT {0}",
          pid);
    }
    if (waits_for_fuse(node.wait)) {
      std::string text = "abort the connection:";
      for (const FuseConnection& connection : owing_connections(after_)) {
        text += fmt::format(" echo 1 > /sys/fs/fuse/connections/{}/abort", connection.number);
      }
      return text;
    }
  }
  std::set<int> pids;
  for (const int tid : members.tids) pids.insert(nodes_.at(tid).task->sample.pid);
  return pids.size() == 1 ? fmt::format("nothing but its end: kill {}", *pids.begin())
                          : "the end of one of them: kill " + names_of(pids, after_, " or ");
}

/// SIGKILL has been sent, or it exits, and it stands still: nothing else can be sent to it.
void WaitGraph::add_unkillable(const Snapshot& third, std::set<int>& told, Diagnosis& to) const {
  for (const auto& [tid, node] : nodes_) {
    const TaskSample& task = node.task->sample;
    if (told.contains(tid) || !in_scope(tid) || !unchanged(tid, third)) continue;
    const bool killed = ((task.pending | task.shared_pending) & signal_bit(kKill)) != 0;
    const bool exiting = (task.flags & kFlagExiting) != 0;
    if (!killed && !(exiting && task.state == 'D')) continue;
    told.insert(tid);
    to.stuck.push_back(
        {ref_of(task),
         fmt::format("it {} and does not end: {}", killed ? "has been killed" : "exits",
                     node.open.empty() ? "its releasers can go on" : node.open)});
  }
}

/// In state D at both looks, and nothing is known of what would end that: a lock of the kernel, or
/// I/O.
/// Of the lock of a pipe it is not seen which of its holders has it.
bool WaitGraph::is_known(const Wait& wait) {
  return wait.kind != Wait::Kind::Unknown &&
         (wait.needs.empty() || wait.needs.front().kind != NeedKind::PipeLock);
}

void WaitGraph::add_unmoved(const std::set<int>& told, Diagnosis& to) const {
  for (const auto& [tid, task] : after_.tasks) {
    const auto earlier = before_.tasks.find(tid);
    const auto node = nodes_.find(tid);
    const bool known = node != nodes_.end() && is_known(node->second.wait);
    if (known || told.contains(tid) || !in_scope(tid) || earlier == before_.tasks.end()) continue;
    if (task.sample.state != 'D' || earlier->second.sample.state != 'D') continue;
    to.unmoved.push_back(ref_of(task.sample));
  }
}

}  // namespace hangrate
