// SPDX-License-Identifier: GPL-2.0-or-later
//
// Scouting: the cheap look at all tasks, again and again: who rests in a wait that could be that of
// a hang, who of them moves again, who runs in the kernel without end. It reads what is worth
// reading only of tasks that have come to rest. For a process that can be lost.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/diagnose/examine.h"
#include "harness/model/cpu_sample.h"
#include "harness/sys/motion_reader.h"
#include "harness/waits/open_waits.h"
#include "harness/waits/rest_book.h"

namespace hangrate {

/// What one look found that is new.
struct ScoutReport {
  std::map<int, Nanos> resting;  ///< tids in such a wait, and since when they are seen to rest
  std::vector<int> moved;        ///< of those
  std::vector<SpinningTask> spinning;
  std::vector<int> not_spinning;  ///< tids that were told
  std::size_t tasks = 0;          ///< looked at
  bool in_scope = false;          ///< does any task that is asked about rest so?
};

class Scouting {
 public:
  /// CPU time in the kernel, in one stay, before a task is told.
  static constexpr Nanos kSpins = 10 * kSecond;

  Scouting(ExamineScope scope, ReaderLife life);

  ScoutReport look();

 private:
  struct Stay {
    CpuSample first;
    bool told = false;
  };

  bool asked_about(int pid) const;
  void add_resting(const std::vector<int>& rested, const TaskMotions& seen, ScoutReport& report);
  std::set<int> may_hang(Snapshot& seen, const std::vector<int>& rested);
  void add_moved(const std::vector<int>& moved, ScoutReport& report);
  void add_spinning(const std::vector<int>& busy, const TaskMotions& seen, ScoutReport& report);

  ExamineScope scope_;
  ReaderLife life_;
  MotionReader motions_;
  SnapshotReader reader_;
  RestBook rest_;
  std::set<int> pids_;          ///< of the scope, as of this look
  std::map<int, int> resting_;  ///< pid by tid
  OpenWaits open_;
  std::map<int, Stay> stays_;  ///< by tid: who may be in the kernel for long
};

}  // namespace hangrate
