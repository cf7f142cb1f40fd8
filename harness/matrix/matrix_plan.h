// SPDX-License-Identifier: GPL-2.0-or-later
//
// MatrixPlan: which kernels, with which axes, and which reproducer variants on each. Read from a
// matrix file (results/schema/matrix.schema.json), checked whole before anything starts. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/manifest.h"
#include "harness/model/stated_expectation.h"

namespace hangrate {

inline constexpr std::uint64_t kMostMatrixTrials = 1'000'000'000;
inline constexpr std::uint64_t kMostBoots = 1000;
inline constexpr std::uint64_t kMostBootLimit = 30 * 24 * 3600;  ///< s
inline constexpr std::uint64_t kMostBootMib = 1u << 20;

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
  /// Parameters by reproducer: {"pipe_resize_stall": {"cpu": "same"}}.
  std::map<std::string, std::map<std::string, std::string>> params;
  /// Trials of the search by REPRO/VARIANT, before those the plan counts; widened cells only.
  std::map<std::string, std::uint64_t> search;
  StatedExpectations expect;  ///< what is known of it beyond its version
  bool operator==(const MatrixKernel&) const = default;
};

struct MatrixPlan {
  std::vector<MatrixKernel> kernels;
  std::vector<MatrixCell> cells;
};

/// What the command line says; unset leaves what the file says.
struct MatrixOverrides {
  std::vector<std::string> selectors;  ///< REPRO or REPRO/VARIANT, instead of the file's
  std::optional<std::uint64_t> trials;
  std::optional<int> boots;
  std::optional<int> boot_limit_s;
  std::optional<int> boot_mib;
  double confidence = 0.95;
  std::vector<std::string> expect;      ///< REPRO=WORD:REASON, of every kernel
  bool natural = false;                 ///< no help for any race
  std::optional<std::uint64_t> search;  ///< trials of the search of each widened cell
  std::string warm;                     ///< a run whose search this one begins with
  std::set<std::string> warm_cells;     ///< REPRO/VARIANT that it has arms of
  std::string trace;                    ///< mode of the flight recorder, "" = as a run has it
  std::string filter;  ///< keeps the kernel with this id, else those whose id holds this text
  int shard = 1;       ///< of `shards`, 1-based
  int shards = 1;
};

/// Reads `json` (the text of a matrix file called `name` in errors). `manifests` is what can run.
Result<MatrixPlan> parse_matrix(const std::string& json, const std::string& name,
                                const std::vector<Manifest>& manifests,
                                const MatrixOverrides& overrides);

/// The options that say `overrides` again: what is run, not on which kernels.
std::vector<std::string> override_options(const MatrixOverrides& overrides);

/// "i/n" into shard and shards.
Result<void> parse_shard(const std::string& text, MatrixOverrides& overrides);

}  // namespace hangrate
