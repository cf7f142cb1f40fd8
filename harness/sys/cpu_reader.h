// SPDX-License-Identifier: GPL-2.0-or-later
//
// CpuReader: how tasks use their CPU time. Its reads may block for good on a wedged task: only for
// a process that can be lost.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "harness/model/cpu_sample.h"
#include "harness/sys/snapshot_reader.h"

namespace hangrate {

/// Of CpuSample::user and kernel, ns.
Nanos cpu_tick();

class CpuReader {
 public:
  explicit CpuReader(ReaderLife life = {}) : life_(std::move(life)) {}

  /// The tasks that run, or could if a CPU were free, but those of the kernel and our own; `only`:
  /// of these processes alone; empty: of all.
  std::vector<CpuSample> running(const std::set<int>& only) const;
  /// nullopt: there is no such task any more, or it is one of the kernel.
  std::optional<CpuSample> sample(int pid, int tid) const;

 private:
  bool begin(int pid) const;

  ReaderLife life_;
};

}  // namespace hangrate
