// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/cpu_reader.h"

#include <string>

#include <unistd.h>

#include "harness/model/proc_text.h"
#include "harness/sys/proc_folder.h"

namespace hangrate {

Nanos cpu_tick() {
  return kSecond / ::sysconf(_SC_CLK_TCK);
}

/// False: a read of its files has blocked already.
bool CpuReader::begin(int pid) const {
  if (life_.place != nullptr) life_.place->at(pid);
  return !life_.blocking.contains(pid);
}

std::vector<CpuSample> CpuReader::running(const std::set<int>& only) const {
  std::vector<CpuSample> all;
  const int self = ::getpid();
  std::string text;
  const auto look_at = [&](int pid) {
    if (pid == self || !begin(pid)) return;
    each_number("/proc/" + std::to_string(pid) + "/task", [&](int tid) {
      CpuSample seen;
      const std::string folder =
          "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/";
      if (!read_proc(folder + "stat", text) || !parse_stat(text, seen) || seen.state != 'R') return;
      if (const auto whole = sample(pid, tid)) all.push_back(*whole);
    });
  };
  if (only.empty()) {
    each_number("/proc", look_at);
  } else {
    for (const int pid : only) look_at(pid);
  }
  return all;
}

std::optional<CpuSample> CpuReader::sample(int pid, int tid) const {
  if (!begin(pid)) return std::nullopt;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/";
  CpuSample seen;
  seen.pid = pid;
  seen.tid = tid;
  seen.when = now_ns();
  std::string text;
  if (!read_proc(folder + "stat", text) || !parse_stat(text, seen)) return std::nullopt;
  if ((seen.flags & kFlagKthread) != 0) return std::nullopt;
  if (read_proc(folder + "status", text)) parse_status(text, seen);
  if (read_proc(folder + "io", text)) seen.io = text;
  TaskSample place;
  if (read_proc(folder + "syscall", text)) parse_syscall(text, place);
  if (read_proc(folder + "stack", text)) parse_stack(text, place);
  seen.syscall = place.syscall;
  seen.stack = place.stack;
  return seen;
}

}  // namespace hangrate
