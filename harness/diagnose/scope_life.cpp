// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/scope_life.h"

#include <algorithm>

#include <unistd.h>

#include "harness/sys/process_handle.h"

namespace hangrate {

ScopeLife::ScopeLife(const ExamineScope& scope) : cgroup_(scope.cgroup) {
  for (const int pid : scope.pids) processes_.push_back({pid, open_process(pid)});
}

std::string ScopeLife::gone(Nanos now) {
  if (processes_.empty() && cgroup_.empty()) return "";
  if (!std::all_of(processes_.begin(), processes_.end(), ended)) return "";
  const bool has_cgroup =
      !cgroup_.empty() && ::access((cgroup_ + "/cgroup.procs").c_str(), F_OK) == 0;
  if (has_cgroup) away_.reset();
  if (has_cgroup) return "";
  if (!cgroup_.empty() && now - away_.emplace(away_.value_or(now)) < kRestart) return "";
  if (!cgroup_.empty()) return "the cgroup " + cgroup_ + " is gone";
  if (processes_.size() > 1)
    return "all its " + std::to_string(processes_.size()) + " processes are gone";
  return "process " + std::to_string(processes_.front().pid) + " is gone";
}

bool ScopeLife::ended(const Process& process) {
  if (!process.handle) {
    return ::access(("/proc/" + std::to_string(process.pid)).c_str(), F_OK) != 0;
  }
  return has_ended(process.handle);
}

}  // namespace hangrate
