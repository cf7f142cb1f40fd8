// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a WaitGraph says of who waits for what, and who could bring it, for those who draw it or
// look for a known bug in it.
#include <algorithm>

#include "harness/model/proc_text.h"
#include "harness/waits/wait_graph.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

/// One name for what several may wait for; "": it has none.
std::string object_of(const SeenTask& task, const Need& need) {
  switch (need.kind) {
    case NeedKind::FuseReply:
      return "an answer of FUSE";
    case NeedKind::Children:
      return need.who == 0 ? "children of " + std::to_string(task.sample.pid)
                           : "the end of " + std::to_string(need.who);
    case NeedKind::Namespace:
      return "pid namespace of " + std::to_string(task.sample.pid);
    case NeedKind::Vfork:
    case NeedKind::Threads:
    case NeedKind::ExecLock:
    case NeedKind::Futex:
    case NeedKind::FutexOwner:
      return "";
    case NeedKind::Input:
    case NeedKind::Output:
    case NeedKind::PipeLock:
    case NeedKind::FileLock:
    case NeedKind::Interest:
      return need.descriptor.object;
  }
  return "";
}

std::uint64_t written_bytes(const TaskSample& task, const Need& need) {
  if (need.kind != NeedKind::Output || task.syscall_name != "write") return 0;
  return syscall_argument(task, 2).value_or(0);
}

/// Thousands may wait for each other, each of them for all.
void list(const std::set<int>& releasers, WaitEdge& edge) {
  constexpr std::size_t kMostListed = 64;
  for (const int tid : releasers) {
    if (edge.releasers.size() < kMostListed) {
      edge.releasers.push_back(tid);
    } else {
      ++edge.unlisted;
    }
  }
}

bool same_need(const Need& a, const Need& b) {
  return a.kind == b.kind && a.descriptor.number == b.descriptor.number && a.who == b.who;
}

}  // namespace

/// All releasers of a task are those of its edges: what no need has (a tracer, a child whose end it
/// handles) is with the first.
std::vector<WaitEdge> WaitGraph::edges(const Members& members) const {
  std::vector<WaitEdge> all;
  for (const int tid : members.tids) {
    const Node& node = nodes_.at(tid);
    std::set<int> rest = node.releasers;
    const std::size_t first = all.size();
    for (const Need& need : node.wait.needs) {
      WaitEdge edge;
      edge.tid = tid;
      edge.need = need_words(need);
      edge.object = object_of(*node.task, need);
      edge.descriptor = need.descriptor.number;
      edge.bytes = written_bytes(node.task->sample, need);
      edge.ready = std::any_of(node.ready.begin(), node.ready.end(),
                               [&](const Need& one) { return same_need(one, need); });
      const std::set<int> found = index_.of(*node.task, need).tasks;
      for (const int other : found) rest.erase(other);
      list(found, edge);
      all.push_back(std::move(edge));
    }
    if (all.size() != first) list(rest, all[first]);
  }
  return all;
}

std::vector<TaskRef> WaitGraph::others(const std::vector<WaitEdge>& edges,
                                       const Members& members) const {
  std::set<int> tids;
  for (const WaitEdge& edge : edges) tids.insert(edge.releasers.begin(), edge.releasers.end());
  std::vector<TaskRef> all;
  for (const int tid : tids) {
    const auto task = after_.tasks.find(tid);
    if (members.tids.contains(tid) || task == after_.tasks.end()) continue;
    all.push_back(ref_of(task->second.sample));
  }
  return all;
}

}  // namespace hangrate
