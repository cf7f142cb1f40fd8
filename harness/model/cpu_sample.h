// SPDX-License-Identifier: GPL-2.0-or-later
//
// CpuSample: where a task has spent its CPU time, and what would tell that a system call of it has
// ended, as /proc showed them at one moment. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"

namespace hangrate {

struct CpuSample {
  int pid = 0;
  int tid = 0;
  std::string comm;
  char state = '?';         ///< letter of proc_pid_stat(5)
  std::uint64_t flags = 0;  ///< PF_* of the kernel's include/linux/sched.h
  std::uint64_t started = 0;
  Nanos when = 0;
  /// Of its own, in ticks of sysconf(_SC_CLK_TCK). Unless the kernel counts exactly
  /// (CONFIG_VIRT_CPU_ACCOUNTING), a timer interrupt finds out where it is: a visit to user mode
  /// between two of them is not seen.
  std::uint64_t user = 0;
  std::uint64_t kernel = 0;
  std::uint64_t faults = 0;                ///< of pages, minor and major
  std::optional<std::uint64_t> voluntary;  ///< context switches; unknown if `status` is malformed
  std::string io;  ///< /proc/PID/task/TID/io; "" = not readable. A read or write counts in it as it
                   ///< ends (fs/read_write.c, v2.6.20 to v7.2)
  std::string syscall;             ///< raw, "running" while it runs; "" = unknown
  std::vector<std::string> stack;  ///< innermost first; empty = unknown, as while it runs
  bool operator==(const CpuSample&) const = default;
};

}  // namespace hangrate
