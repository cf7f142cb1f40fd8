// SPDX-License-Identifier: GPL-2.0-or-later
//
// MatrixPlan: which kernels, with which axes, and which reproducer variants on each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/model/stated_expectation.h"

namespace hangrate {

/// One reproducer variant on every row, unless a row says otherwise.
struct MatrixCell {
  std::string repro;
  std::string variant;
  std::uint64_t trials = 1000;
  int boots = 1;  ///< its trials are spread over so many, where the kernel does not say
  std::string name() const { return repro + "/" + variant; }
  bool operator==(const MatrixCell&) const = default;
};

/// One kernel with its axes.
struct MatrixKernel {
  std::string id;       ///< folder and test name; unique
  std::string spec;     ///< debian:bookworm, recipe:NAME, native, ...
  std::string cmdline;  ///< added to the guest's command line, e.g. "preempt=full"
  int cpus = 2;
  int memory_mib = 1024;
  int boots = 0;  ///< the trials of a cell are spread over so many starts; 0: as the cell says
  int boot_limit_s = 0;  ///< a boot that takes longer is ended as corrupt; 0: derived
  int boot_mib = 0;      ///< the same of MiB of console and journals
  /// Added to QEMU's command line, one word each: what the guest has beside what all guests have.
  std::vector<std::string> qemu;
  /// Parameters by reproducer: {"pipe_resize_stall": {"cpu": "same"}}.
  std::map<std::string, std::map<std::string, std::string>> params;
  /// Trials of each of a reproducer's variants, where they are not those of the cell.
  std::map<std::string, std::uint64_t> trials;
  /// Trials of the search by REPRO/VARIANT, before those the plan counts; widened cells only.
  std::map<std::string, std::uint64_t> search;
  StatedExpectations expect;  ///< what is known of it beyond its version
  bool operator==(const MatrixKernel&) const = default;
};

inline std::uint64_t trials_of(const MatrixKernel& kernel, const MatrixCell& cell) {
  const auto own = kernel.trials.find(cell.repro);
  return own == kernel.trials.end() ? cell.trials : own->second;
}

struct MatrixPlan {
  std::vector<MatrixKernel> kernels;
  std::vector<MatrixCell> cells;
};

}  // namespace hangrate
