// SPDX-License-Identifier: GPL-2.0-or-later
//
// ScopeLife: is anything of what a watch looks at still there?
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "harness/diagnose/examine.h"

namespace hangrate {

class ScopeLife {
 public:
  /// Of the processes that have its numbers now, and of the cgroup that has its path at any time: a
  /// service that is started again has another one there.
  explicit ScopeLife(const ExamineScope& scope);

  /// A cgroup may be away for so long: a service that is started again gets it anew.
  static constexpr Nanos kRestart = 10 * kSecond;

  /// What is gone, in words; "" while any of it is there, and if it is of all.
  std::string gone(Nanos now);

 private:
  struct Process {
    int pid = 0;
    UniqueFd handle;  ///< empty: there is none
  };

  static bool ended(const Process& process);

  std::vector<Process> processes_;
  std::string cgroup_;
  std::optional<Nanos> away_;  ///< since when the cgroup is
};

}  // namespace hangrate
