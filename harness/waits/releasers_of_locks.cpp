// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who could release the lock of a file, by /proc/locks and the "lock:" lines of fdinfo (fs/locks.c,
// v5.10 to v7.2).
#include <algorithm>

#include "harness/model/proc_text.h"
#include "harness/model/snapshot_text.h"
#include "harness/waits/releasers.h"

namespace hangrate {

/// Its lines in /proc/locks. Those of its process and kind may be of another thread, those of its
/// file of another process: one of them is its own if they are no fewer than the tasks.
std::vector<const LockWait*> ReleaserIndex::lock_waits(const SeenTask& task,
                                                       const Need& need) const {
  const bool description = waits_for_description(task.sample);
  const std::string kind = description                           ? "OFDLCK"
                           : task.sample.syscall_name == "flock" ? "FLOCK"
                                                                 : "POSIX";
  std::vector<const LockWait*> lines;
  for (const LockWait& lock : seen_.locks) {
    const bool same = description ? lock.waiter == -1 && lock.file == need.descriptor.file
                                  : lock.waiter == task.sample.pid;
    if (same && lock.kind == kind) lines.push_back(&lock);
  }
  const std::set<int> others =
      description ? waiters_through(need.descriptor.file) : threads(task.sample.pid);
  const auto alike = std::count_if(others.begin(), others.end(), [&](int tid) {
    const TaskSample& other = seen_.tasks.at(tid).sample;
    return other.syscall_name == task.sample.syscall_name &&
           waits_for_description(other) == description;
  });
  if (static_cast<long>(lines.size()) < alike) lines.clear();
  return lines;
}

/// Tasks that wait for the lock of an open file description of that file.
std::set<int> ReleaserIndex::waiters_through(const std::string& file) const {
  std::set<int> tids;
  for (const auto& [tid, task] : seen_.tasks) {
    const auto process = seen_.processes.find(task.sample.pid);
    if (!waits_for_description(task.sample) || process == seen_.processes.end()) continue;
    const auto number = static_cast<int>(syscall_argument(task.sample, 0).value_or(0));
    for (const Descriptor& d : process->second.descriptors) {
      if (d.number == number && d.file == file) tids.insert(tid);
    }
  }
  return tids;
}

std::set<int> ReleaserIndex::waiters_of(const LockWait& wait) const {
  if (wait.waiter == -1) return waiters_through(wait.file);
  const std::set<int> all = threads(wait.waiter);
  std::set<int> waiting;
  for (const int tid : all) {
    const std::string& call = seen_.tasks.at(tid).sample.syscall_name;
    if (call == "flock" || call == "fcntl") waiting.insert(tid);
  }
  return waiting.empty() ? all : waiting;
}

/// The owner's number is that of who took it. Of a POSIX lock that is a process; others belong to
/// the open file, and who took them may not have it any more while a child has. Who
/// waits before it for the same lock may get it, or give up.
Releasers ReleaserIndex::of_lock(const SeenTask& task, const Need& need) const {
  if (waits_for_description(task.sample) && need.descriptor.file.empty()) {
    return {{}, {}, "which file it wants to lock is not known"};
  }
  Releasers found;
  const std::vector<const LockWait*> waits = lock_waits(task, need);
  if (waits.empty()) return {{}, {}, "/proc/locks does not show its wait"};
  for (const LockWait* wait : waits) {
    if (!wait->only_one) return {{}, {}, "which of several locks it waits for is not told"};
    if (!add_lock_holders(*wait, found.tasks)) return {{}, {}, "who holds the lock is not seen"};
    for (const LockWait& other : seen_.locks) {
      if (other.lock == wait->lock) found.tasks.merge(waiters_of(other));
    }
  }
  add_unseen(need.descriptor.object, found);
  return found;
}

/// False: nobody shows it through a descriptor; a mapping alone may keep it too.
bool ReleaserIndex::add_lock_holders(const LockWait& wait, std::set<int>& to) const {
  bool shown = false;
  if (wait.kind == "POSIX" && wait.owner > 0) add_threads(wait.owner, to);
  for (const auto& [object, all] : held_) {
    for (const Held& held : all) {
      const std::vector<std::string>& locks = held.descriptor->locks;
      if (std::find(locks.begin(), locks.end(), wait.lock) == locks.end()) continue;
      shown = true;
      add_threads(held.pid, to);
    }
  }
  return shown;
}

}  // namespace hangrate
