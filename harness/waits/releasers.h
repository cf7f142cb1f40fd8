// SPDX-License-Identifier: GPL-2.0-or-later
//
// Releasers: who could end a wait, as far as a snapshot shows it. More than there are is the safe
// side: each of them can refute a proof.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/waits/wait.h"

namespace hangrate {

struct Releasers {
  std::set<int> tasks;   ///< tids; the waiting task may be one of them
  std::set<int> unseen;  ///< pids that may hold the object without showing it
  std::string open;      ///< why others may release it as well; "": none of that
  std::set<int> hidden;  ///< pids that cannot be looked into, if they are all there is to `open`
};

class ReleaserIndex {
 public:
  /// Keeps a reference. `exiting`: processes that had no table to read because they exit.
  /// `births_tell`: a process that cannot be looked into has an object by inheritance only.
  ReleaserIndex(const Snapshot& seen, std::set<int> exiting, bool births_tell);

  Releasers of(const SeenTask& task, const Need& need) const;
  /// Processes that hold the object, whatever end.
  std::set<int> holders(const std::string& object) const;
  /// Threads that live.
  std::set<int> threads(int pid) const;
  /// Processes whose parent is `pid`.
  std::vector<int> children(int pid) const;
  /// Is every thread of it dead?
  bool dead(int pid) const;

 private:
  struct Held {
    int pid;
    const Descriptor* descriptor;
  };

  Releasers of_object(const Need& need) const;
  bool has_ring(const std::string& object) const;
  Releasers of_socket(const Descriptor& socket) const;
  Releasers of_exec(const SeenTask& task, int who) const;
  Releasers of_vfork(const SeenTask& task) const;
  Releasers of_children(const SeenTask& task, int who) const;
  Releasers of_futex(const SeenTask& task) const;
  Releasers of_owner(const SeenTask& task, int who) const;
  std::set<int> memory_of(int pid) const;
  void add_wakers(const std::set<int>& pids, Releasers& to) const;
  Releasers of_threads(const SeenTask& task) const;
  Releasers of_namespace(const SeenTask& task) const;
  Releasers of_fuse(const SeenTask& task) const;
  Releasers of_lock(const SeenTask& task, const Need& need) const;
  std::vector<const LockWait*> lock_waits(const SeenTask& task, const Need& need) const;
  std::set<int> waiters_of(const LockWait& wait) const;
  std::set<int> waiters_through(const std::string& file) const;
  bool add_lock_holders(const LockWait& wait, std::set<int>& to) const;
  bool put_into(const SeenTask& task, const SeenTask& init) const;
  void add_threads(int pid, std::set<int>& to) const;
  void add_descendants(int pid, std::set<int>& pids) const;
  void add_unseen(const std::string& object, Releasers& to) const;
  bool may_hold(int opaque, const std::string& object) const;
  bool started_before(int pid, double moment) const;
  /// The ancestor of `pid` (or itself) whose parent is `ancestor`; 0: it does not descend from it.
  int branch(int pid, int ancestor) const;

  const Snapshot& seen_;
  std::set<int> exiting_;
  bool births_tell_;
  bool blind_ = false;  ///< there is a process of which not even the tasks are seen
  std::map<int, std::vector<int>> threads_;        ///< by pid
  std::map<int, std::vector<int>> children_;       ///< by pid
  std::map<std::string, std::vector<Held>> held_;  ///< by object
};

}  // namespace hangrate
