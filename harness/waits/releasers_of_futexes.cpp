// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who could wake a futex: whoever has the memory of its word (kernel/futex get_futex_key(), v5.10
// to v7.2). The kernel itself does when a thread ends (pthread_join), for the memory of that
// thread.
#include <algorithm>

#include "harness/waits/releasers.h"

namespace hangrate {

Releasers ReleaserIndex::of_futex(const SeenTask& task) const {
  const auto futex = seen_.futexes.find(task.sample.tid);
  const bool shared = futex != seen_.futexes.end() && futex->second.shared;
  Releasers found;
  std::set<int> pids = memory_of(task.sample.pid);
  if (shared) {
    const FutexMemory& memory = futex->second;
    pids.insert(memory.mappers.begin(), memory.mappers.end());
    pids.merge(holders(memory.object));
    add_unseen(memory.object, found);
  }
  add_wakers(pids, found);
  found.tasks.erase(task.sample.tid);
  return found;
}

/// Its number is that of the pid namespace of who waits. The kernel knows it: who else may have the
/// memory cannot unlock it.
Releasers ReleaserIndex::of_owner(const SeenTask& task, int who) const {
  std::set<int> owners;
  for (const int tid : of_futex(task).tasks) {
    const std::vector<int>& numbers = seen_.tasks.at(tid).numbers;
    const bool same_depth = numbers.size() == task.numbers.size();
    if (same_depth && !numbers.empty() && numbers.back() == who) owners.insert(tid);
  }
  if (owners.size() != 1) return {{}, {}, "the owner of its futex is not seen"};
  return {std::move(owners), {}, ""};
}

/// Processes with the memory of `pid`, itself among them.
std::set<int> ReleaserIndex::memory_of(int pid) const {
  std::set<int> pids = {pid};
  const auto process = seen_.processes.find(pid);
  if (process != seen_.processes.end()) {
    pids.insert(process->second.shares.begin(), process->second.shares.end());
  }
  return pids;
}

/// What is queued in an io_uring may wake a futex (IORING_OP_FUTEX_WAKE, since v6.7).
void ReleaserIndex::add_wakers(const std::set<int>& pids, Releasers& to) const {
  for (const int pid : pids) {
    const auto process = seen_.processes.find(pid);
    if (process != seen_.processes.end() && process->second.rings) {
      to.open = "the io_uring of a process that has the memory of its futex";
    }
    add_threads(pid, to.tasks);
  }
}

}  // namespace hangrate
