// SPDX-License-Identifier: GPL-2.0-or-later
//
// OwnTasks: which tasks a run may look at and poke. A worker names them by number, and a number is
// not to be trusted: it may be made up, or somebody else's by now. A task is ours if it descends
// from the worker that names it, or if it was orphaned and is a member of the run's cgroup. What
// was found ours is held by a handle, so that the next use of its number means the same process.
// Reads /proc, which may block: only for the helper that may get stuck.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/base/unique_fd.h"

namespace hangrate {

/// On whose word a task is looked at.
struct Namer {
  std::int32_t worker = 0;  ///< 0: the supervisor's own; then every descendant of it is ours
  std::uint64_t watch = 0;  ///< numbers mean the same process as long as this is the same
};

enum class Standing {
  Ours,
  Gone,     ///< there is no such process, or not the one any more that was named
  Foreign,  ///< a process, but none of ours
};

class OwnTasks {
 public:
  /// `supervisor`: our parent. `threads`: the file with the members of the run's cgroup, thread by
  /// thread, "" = it has none. Of a process whose first thread has ended, cgroup.procs tells
  /// nothing.
  OwnTasks(pid_t supervisor, std::string threads)
      : supervisor_(supervisor), threads_(std::move(threads)) {}

  Standing standing(const Namer& namer, pid_t pid);

  /// Sends `signal` to the process `pid` if it is ours and its task `tid` began at `started` (field
  /// 22 of proc_pid_stat(5); 0 = not known). False: not sent.
  bool signal(const Namer& namer, pid_t pid, pid_t tid, std::uint64_t started, int signal);

  /// The handle by which a task that is ours is held; -1: none.
  int handle(const Namer& namer, pid_t pid) const;

  /// Is the FUSE connection with this number one that the run mounted? It is seen in the mount
  /// namespace of its worker, of a task in its cgroup or of one of `named` that is ours, and not in
  /// our own. Without a worker or a cgroup, the latter alone counts.
  bool owns_connection(const Namer& namer, const std::vector<pid_t>& named, int minor_number);

  /// The workers of the run: whose tasks one names, none of the others does.
  void know_workers(std::vector<pid_t> workers) { workers_ = std::move(workers); }

 private:
  struct Known {
    std::uint64_t watch;
    pid_t pid;
    UniqueFd process;
  };

  bool descends(const Namer& namer, pid_t pid) const;
  bool in_cgroup(pid_t pid) const;
  std::vector<std::string> members() const;
  const Known* known(const Namer& namer, pid_t pid) const;

  const pid_t supervisor_;
  const std::string threads_;
  std::vector<pid_t> workers_;
  std::deque<Known> known_;
};

}  // namespace hangrate
