// SPDX-License-Identifier: GPL-2.0-or-later
//
// MotionReader: has a task run since the last look? One read a task and one fstat(2) a process, of
// files that are held open, so that a look costs next to nothing. For a process that can be lost.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "harness/base/unique_fd.h"
#include "harness/model/task_motion.h"
#include "harness/sys/snapshot_reader.h"

namespace hangrate {

class MotionReader {
 public:
  /// Raises the limit of open files of our process, as far as it may, to a few thousand.
  explicit MotionReader(ReaderLife life = {});

  /// Of every task but those of the kernel, our own and those of processes that block.
  TaskMotions look();

 private:
  struct Thread {
    int tid = 0;
    UniqueFd counters;  ///< its schedstat; empty: too many are held already
  };
  struct Process {
    UniqueFd folder;          ///< of its tasks
    unsigned long links = 0;  ///< of that: two and one for each thread
    std::vector<Thread> threads;
  };

  void read_process(int pid, TaskMotions& into);
  static bool read_threads(int pid, const Process& process, TaskMotions& into);
  static bool is_kernel_thread(int pid);
  void list_threads(int pid, Process& process);
  UniqueFd hold(const std::string& path, int flags) const;

  ReaderLife life_;
  int most_held_ = 0;             ///< the number of a descriptor that is held is below
  std::map<int, Process> known_;  ///< by pid
  std::set<int> kernel_threads_;
};

}  // namespace hangrate
