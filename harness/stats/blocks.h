// SPDX-License-Identifier: GPL-2.0-or-later
//
// TrialBlocks: conclusive trials and hits by blocks of the trial index, in bounded memory: at most
// 64 blocks, however long the run. The clusters of the over-dispersion test. One writer. The
// borders depend on the plan and on the highest index seen, never on an outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/stats/cluster.h"

namespace hangrate {

class TrialBlocks {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::uint64_t kSmallest = 8;  ///< trials; a block of one could show no burst

  /// Covers [0, planned) from the start. A run that outgrows it, or has no plan, doubles the block
  /// size and joins neighbours as often as needed.
  explicit TrialBlocks(std::optional<std::uint64_t> planned = std::nullopt);

  /// The trials [first, first + count) were conclusive, hits among them included. Each index once.
  void add(std::uint64_t first, std::uint64_t count);

  /// The trial `index` was a hit. Its trial is add()ed like any other, before or after.
  void add_hit(std::uint64_t index);

  /// Blocks with at least one trial, in order. A hit whose trial was not added yet counts as one.
  std::vector<Cluster> clusters() const;

  /// The same without these trials, each of which must have been a hit.
  std::vector<Cluster> clusters_without(std::span<const std::uint64_t> hits) const;

  std::uint64_t block_size() const { return size_; }

 private:
  static std::vector<Cluster> used(const std::vector<Cluster>& blocks);
  void cover(std::uint64_t last);

  std::uint64_t size_ = kSmallest;
  std::vector<Cluster> blocks_;
};

}  // namespace hangrate
