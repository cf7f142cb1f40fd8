// SPDX-License-Identifier: GPL-2.0-or-later
//
// ScopeLife: is anything of what a watch looks at still there?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/base/unique_fd.h"
#include "harness/diagnose/examine.h"

namespace hangrate {

class ScopeLife {
 public:
  /// Of the processes that have its numbers now, and of the cgroup that has its path at any time: a
  /// service that is started again has another one there.
  explicit ScopeLife(const ExamineScope& scope);

  /// What is gone, in words; "" while any of it is there, and if it is of all.
  std::string gone() const;

 private:
  struct Process {
    int pid = 0;
    UniqueFd handle;  ///< empty: there is none
  };

  static bool ended(const Process& process);

  std::vector<Process> processes_;
  std::string cgroup_;
};

}  // namespace hangrate
