// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/blocks.h"

#include <algorithm>
#include <limits>

#include "harness/base/check.h"

namespace hangrate {

TrialBlocks::TrialBlocks(std::optional<std::uint64_t> planned) {
  if (planned && *planned > 0) size_ = std::max(kSmallest, (*planned - 1) / kMost + 1);
}

void TrialBlocks::cover(std::uint64_t last) {
  while (last / size_ >= kMost) {
    for (std::size_t i = 0; i < blocks_.size(); i += 2) {
      Cluster joined = blocks_[i];
      if (i + 1 < blocks_.size()) {
        joined.trials += blocks_[i + 1].trials;
        joined.hits += blocks_[i + 1].hits;
      }
      blocks_[i / 2] = joined;
    }
    blocks_.resize((blocks_.size() + 1) / 2);
    size_ *= 2;
  }
  const auto needed = static_cast<std::size_t>(last / size_) + 1;
  if (blocks_.size() < needed) blocks_.resize(needed);
}

void TrialBlocks::add(std::uint64_t first, std::uint64_t count) {
  if (count == 0) return;
  HR_CHECK(count - 1 <= std::numeric_limits<std::uint64_t>::max() - first);
  const std::uint64_t last = first + (count - 1);
  cover(last);
  for (std::uint64_t block = first / size_; block <= last / size_; ++block) {
    const std::uint64_t begin = block * size_;
    const std::uint64_t end = begin + std::min(size_ - 1, last - begin);
    blocks_[block].trials += end - std::max(first, begin) + 1;
  }
}

void TrialBlocks::add_hit(std::uint64_t index) {
  cover(index);
  ++blocks_[index / size_].hits;
}

std::vector<Cluster> TrialBlocks::clusters() const {
  return used(blocks_);
}

std::vector<Cluster> TrialBlocks::clusters_without(std::span<const std::uint64_t> hits) const {
  std::vector<Cluster> blocks = blocks_;
  for (const std::uint64_t index : hits) {
    HR_CHECK(index / size_ < blocks.size());
    Cluster& block = blocks[index / size_];
    HR_CHECK(block.hits > 0);
    --block.hits;
    if (block.trials > 0) --block.trials;
  }
  return used(blocks);
}

std::vector<Cluster> TrialBlocks::used(const std::vector<Cluster>& blocks) {
  std::vector<Cluster> result;
  for (const Cluster& block : blocks) {
    const std::uint64_t trials = std::max(block.trials, block.hits);
    if (trials > 0) result.push_back({trials, block.hits});
  }
  return result;
}

}  // namespace hangrate
