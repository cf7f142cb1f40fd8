// SPDX-License-Identifier: GPL-2.0-or-later
//
// examine(): looks at live tasks until something is proven of them or nothing can be. It reads and
// polls, and touches nothing.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/sys/snapshot_reader.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// Of which tasks a diagnosis is wanted. Who could release them is looked for among all.
struct ExamineScope {
  std::vector<int> pids;  ///< processes, each without its children
  std::string cgroup;     ///< folder of one; its processes and those of the cgroups below
  bool all = false;
};

/// Its processes, those of the cgroup as they are now. Empty if it is of all.
std::set<int> processes_of(const ExamineScope& scope);

/// Are all processes of the machine shown here? Else one that is not may hold anything (a pid
/// namespace of our own, hidepid), and nothing is proven.
bool shows_all_processes();

struct ExamineOptions {
  ExamineScope scope;
  bool signals_are_ours = false;  ///< nobody else sends these tasks a signal
  Nanos gap = 20 * kMilli;        ///< between two looks
  ReaderLife reader = {};
};

/// May block for good in a read of a wedged task: for a process that can be lost.
Diagnosis examine(const ExamineOptions& options);

}  // namespace hangrate
