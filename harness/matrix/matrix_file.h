// SPDX-License-Identifier: GPL-2.0-or-later
//
// The matrix file (results/schema/matrix.schema.json) and what the command line says instead: read
// into a MatrixPlan, checked whole before anything starts. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/manifest.h"
#include "harness/model/matrix_plan.h"

namespace hangrate {

inline constexpr std::uint64_t kMostMatrixTrials = 1'000'000'000;
inline constexpr std::uint64_t kMostBoots = 1000;
inline constexpr std::uint64_t kMostBootLimit = 30 * 24 * 3600;  ///< s
inline constexpr std::uint64_t kMostBootMib = 1u << 20;

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
