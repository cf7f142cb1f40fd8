// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/releasers.h"

#include <algorithm>
#include <charconv>

#include "harness/model/snapshot_text.h"

namespace hangrate {

namespace {

constexpr double kTicksPerSecond = 100.0;  // USER_HZ, the same on every architecture of ours
constexpr double kMargin = 0.1;            // s; of two clocks, one of them counted in ticks

bool is_dead(const SeenTask& task) {
  return !alive(task.sample);
}

/// Which end of the object somebody must hold to meet the need.
bool can_meet(const Need& need, const Descriptor& held) {
  if (need.descriptor.kind == ObjectKind::EventFd) return true;
  if (need.kind == NeedKind::PipeLock || need.kind == NeedKind::Interest) return true;
  if (need.any_end) return true;
  return need.kind == NeedKind::Input ? held.writes : held.reads;
}

}  // namespace

ReleaserIndex::ReleaserIndex(const Snapshot& seen, std::set<int> exiting, bool births_tell)
    : seen_(seen), exiting_(std::move(exiting)), births_tell_(births_tell) {
  for (const auto& [tid, task] : seen.tasks) {
    threads_[task.sample.pid].push_back(tid);
    if (tid == task.sample.pid) children_[task.parent].push_back(tid);
  }
  for (const auto& [pid, process] : seen.processes) {
    blind_ = blind_ || (!process.opaque.empty() && !threads_.contains(pid));
    for (const Descriptor& d : process.descriptors) {
      if (d.kind != ObjectKind::Other || !d.locks.empty() || is_unlinked(d.object)) {
        held_[d.object].push_back({pid, &d});
      }
    }
  }
}

std::set<int> ReleaserIndex::threads(int pid) const {
  std::set<int> living;
  add_threads(pid, living);
  return living;
}

void ReleaserIndex::add_threads(int pid, std::set<int>& to) const {
  const auto found = threads_.find(pid);
  if (found == threads_.end()) return;
  for (const int tid : found->second) {
    if (!is_dead(seen_.tasks.at(tid))) to.insert(tid);
  }
}

std::vector<int> ReleaserIndex::children(int pid) const {
  const auto found = children_.find(pid);
  return found != children_.end() ? found->second : std::vector<int>();
}

bool ReleaserIndex::dead(int pid) const {
  return threads_.contains(pid) && threads(pid).empty();
}

std::set<int> ReleaserIndex::holders(const std::string& object) const {
  std::set<int> pids;
  const auto found = held_.find(object);
  if (found == held_.end()) return pids;
  for (const Held& held : found->second) pids.insert(held.pid);
  return pids;
}

Releasers ReleaserIndex::of(const SeenTask& task, const Need& need) const {
  const Releasers hidden{
      {}, {}, "a process whose files block may be among those that could end it"};
  switch (need.kind) {
    case NeedKind::Input:
    case NeedKind::Output:
    case NeedKind::PipeLock:
    case NeedKind::Interest:
      return of_object(need);
    case NeedKind::FuseReply:
      return of_fuse(task);
    case NeedKind::FileLock:
      return of_lock(task, need);
    case NeedKind::Children:
      return blind_ ? hidden : of_children(task, need.who);
    case NeedKind::Vfork:
      return blind_ ? hidden : of_vfork(task);
    case NeedKind::Threads:
      return blind_ ? hidden : of_threads(task);
    case NeedKind::ExecLock:
      return blind_ ? hidden : of_exec(task, need.who);
    case NeedKind::Namespace:
      return blind_ ? hidden : of_namespace(task);
    case NeedKind::Futex:
      return blind_ ? hidden : of_futex(task);
    case NeedKind::FutexOwner:
      return blind_ ? hidden : of_owner(task, need.who);
  }
  return hidden;
}

/// `who` may be a thread, and is a number of the tracer's pid namespace.
Releasers ReleaserIndex::of_exec(const SeenTask& task, int who) const {
  const auto target = seen_.tasks.find(who);
  if (task.numbers.size() != 1 || target == seen_.tasks.end()) {
    return {{}, {}, "the process that it traces is not known"};
  }
  return {threads(target->second.sample.pid), {}, ""};
}

/// CLONE_PARENT makes the child a sibling, CLONE_THREAD a thread.
Releasers ReleaserIndex::of_vfork(const SeenTask& task) const {
  Releasers found;
  for (const int pid : children(task.sample.pid)) add_threads(pid, found.tasks);
  for (const int pid : children(task.parent)) add_threads(pid, found.tasks);
  found.tasks.erase(task.sample.tid);
  if (found.tasks.empty()) found.open = "it has no child that is seen";
  return found;
}

Releasers ReleaserIndex::of_object(const Need& need) const {
  const Descriptor& object = need.descriptor;
  if (object.kind == ObjectKind::Socket) return of_socket(object);
  if (object.kind == ObjectKind::EventFd) {
    return {{}, {}, "an eventfd, to which the kernel may add (AIO, io_uring, KVM, VFIO)"};
  }
  if (has_ring(object.object)) {
    return {{}, {}, "the io_uring of a process that holds " + object.object};
  }
  Releasers found;
  if (const auto held = held_.find(object.object); held != held_.end()) {
    for (const Held& one : held->second) {
      if (can_meet(need, *one.descriptor)) add_threads(one.pid, found.tasks);
    }
  }
  add_unseen(object.object, found);
  return found;
}

/// Has a holder of it an io_uring? That reads, writes and answers by what is queued.
bool ReleaserIndex::has_ring(const std::string& object) const {
  const std::set<int> pids = holders(object);
  return std::any_of(pids.begin(), pids.end(), [&](int pid) {
    const auto process = seen_.processes.find(pid);
    return process != seen_.processes.end() && process->second.rings;
  });
}

/// Either side can end it: the other by writing, its own by shutdown(2).
Releasers ReleaserIndex::of_socket(const Descriptor& socket) const {
  const auto peer = seen_.peers.find(inode_in(socket.object));
  if (peer == seen_.peers.end()) return {{}, {}, "a socket whose other end is not seen"};
  const std::string other = "socket:[" + std::to_string(peer->second) + "]";
  const std::set<int> others = holders(other);
  if (others.empty()) return {{}, {}, "a socket whose other end nobody shows"};
  if (has_ring(socket.object) || has_ring(other)) {
    return {{}, {}, "the io_uring of a process that holds " + socket.object + " or its other end"};
  }
  Releasers found;
  for (const int pid : others) add_threads(pid, found.tasks);
  for (const int pid : holders(socket.object)) add_threads(pid, found.tasks);
  add_unseen(socket.object, found);
  add_unseen(other, found);
  return found;
}

/// Of a wait for any, descendants: they come to a subreaper when their parents end.
Releasers ReleaserIndex::of_children(const SeenTask& task, int who) const {
  std::vector<int> all = children(task.sample.pid);
  for (const auto& [tid, other] : seen_.tasks) {
    const auto tracer = seen_.tasks.find(other.sample.tracer);
    const bool ours = tracer != seen_.tasks.end() && tracer->second.sample.pid == task.sample.pid;
    if (ours) all.push_back(other.sample.pid);
  }
  const auto is_another = [&](int pid) {
    const auto child = seen_.tasks.find(pid);
    if (who == 0 || pid == who || child == seen_.tasks.end()) return false;
    return std::find(child->second.numbers.begin(), child->second.numbers.end(), who) ==
           child->second.numbers.end();
  };
  std::erase_if(all, is_another);
  Releasers found;
  for (const int pid : all) {
    if (dead(pid)) return {{}, {}, "a child that is dead and not yet reaped"};
    add_threads(pid, found.tasks);
  }
  if (found.tasks.empty()) found.open = "it has no child that is seen";
  std::set<int> below;
  if (who == 0) {  // another thread may start a child, or reap the last one (ECHILD)
    add_threads(task.sample.pid, found.tasks);
    found.tasks.erase(task.sample.tid);
    add_descendants(task.sample.pid, below);
  }
  for (const int pid : below) add_threads(pid, found.tasks);
  return found;
}

void ReleaserIndex::add_descendants(int pid, std::set<int>& pids) const {
  for (const int child : children(pid)) {
    if (pids.insert(child).second) add_descendants(child, pids);
  }
}

Releasers ReleaserIndex::of_threads(const SeenTask& task) const {
  Releasers found;
  const auto group = threads_.find(task.sample.pid);
  if (group == threads_.end()) return {{}, {}, "its threads are not seen"};
  for (const int tid : group->second) {
    const SeenTask& thread = seen_.tasks.at(tid);
    if (tid == task.sample.tid) continue;
    if (!is_dead(thread)) found.tasks.insert(tid);
    if (thread.sample.tracer != 0) found.tasks.insert(thread.sample.tracer);
  }
  if (found.tasks.empty()) found.open = "no other thread is seen";
  return found;
}

/// Whose pid namespace is that of the init `task`, or one below: who descends from it (reparented
/// in it goes to its init, kernel/exit.c find_child_reaper()), and who was put in by setns(2). A
/// dead one is reaped by its parent, wherever that is.
Releasers ReleaserIndex::of_namespace(const SeenTask& task) const {
  Releasers found;
  for (const auto& [tid, other] : seen_.tasks) {
    if (other.sample.pid == task.sample.pid) continue;
    if (branch(other.sample.pid, task.sample.pid) == 0 && !put_into(other, task)) continue;
    if (!is_dead(other)) {
      found.tasks.insert(tid);
    } else if (other.parent != task.sample.pid) {
      add_threads(other.parent, found.tasks);
    }
    if (other.sample.tracer != 0) found.tasks.insert(other.sample.tracer);
  }
  if (found.tasks.empty()) found.open = "no member of its pid namespace is seen";
  return found;
}

/// May it have been put into the namespace of `init`? It is as deep, and its parent is not.
bool ReleaserIndex::put_into(const SeenTask& task, const SeenTask& init) const {
  const auto parent = seen_.tasks.find(task.parent);
  if (parent == seen_.tasks.end() || task.numbers.size() < init.numbers.size()) return false;
  return !task.numbers.empty() && task.numbers.back() != 1 &&
         parent->second.numbers.size() < task.numbers.size();
}

/// Which connection a request belongs to is not told by the task. One that owes no answer is not
/// it; a device whose connection the kernel does not name (before v6.18) may be any. One that owes
/// and has no server that is seen is no orphan (virtiofs), unless a server that exits may be it.
Releasers ReleaserIndex::of_fuse(const SeenTask& task) const {
  Releasers found;
  std::set<int> served;
  bool unnamed = (task.sample.flags & kFlagExiting) != 0 || !exiting_.empty();
  for (const auto& [object, all] : held_) {
    for (const Held& held : all) {
      if (held.descriptor->kind != ObjectKind::FuseDevice) continue;
      const int connection = held.descriptor->connection;
      const auto waiting = seen_.fuse_waiting.find(connection);
      if (waiting != seen_.fuse_waiting.end() && waiting->second == 0) continue;
      unnamed = unnamed || connection == 0;
      served.insert(connection);
      add_threads(held.pid, found.tasks);
      if (has_ring(object)) found.open = "the io_uring of a FUSE server";
    }
  }
  bool owed = false;
  for (const auto& [connection, waiting] : seen_.fuse_waiting) {
    if (waiting == 0) continue;
    owed = true;
    add_unseen("fuse " + std::to_string(connection), found);
    if (!unnamed && !served.contains(connection))
      found.open = "a connection without a server that is seen";
  }
  if (!owed) found.open = "no connection is seen that owes an answer";
  return found;
}

/// What was handed over or registered may be anything; a process that exits may hold it still. A
/// process that cannot be looked into and may well have inherited it is no riddle: it can go on.
void ReleaserIndex::add_unseen(const std::string& object, Releasers& to) const {
  for (const auto& [pid, process] : seen_.processes) {
    if (process.hands_over || process.registered) to.unseen.insert(pid);
    if (process.opaque.empty()) continue;
    if (may_hold(pid, object)) {
      to.open = object + " may be held by process " + std::to_string(pid) +
                ", which cannot be looked into";
      to.hidden.insert(pid);
    } else if (!births_tell_) {
      to.unseen.insert(pid);
    }
  }
  to.unseen.insert(exiting_.begin(), exiting_.end());
}

/// A process that cannot be looked into has an object of others only by inheriting it. It did not
/// if it is older than the object, and if so is the child of it that each holder descends from.
/// That somebody handed it over, over a socket, is not ruled out by that: births_tell.
bool ReleaserIndex::may_hold(int opaque, const std::string& object) const {
  const auto birth = seen_.births.find(object);
  if (birth == seen_.births.end()) return true;
  if (!started_before(opaque, birth->second)) return true;
  for (const int pid : holders(object)) {
    const int child = branch(pid, opaque);
    if (child != 0 && !started_before(child, birth->second)) return true;
  }
  return false;
}

bool ReleaserIndex::started_before(int pid, double moment) const {
  const auto task = seen_.tasks.find(pid);
  if (task == seen_.tasks.end() || !task->second.sample.started) return false;
  return static_cast<double>(*task->second.sample.started) / kTicksPerSecond + kMargin < moment;
}

int ReleaserIndex::branch(int pid, int ancestor) const {
  constexpr int kDeepest = 256;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const auto task = seen_.tasks.find(pid);
    if (task == seen_.tasks.end() || task->second.parent == 0) return 0;
    if (task->second.parent == ancestor) return pid;
    pid = task->second.parent;
  }
  return 0;
}

}  // namespace hangrate
