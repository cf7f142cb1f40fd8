// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hangrate {

std::size_t Histogram::index_of(Nanos duration) {
  static_assert(std::bit_width(static_cast<std::uint64_t>(kLongest)) == kLongestBits);
  const auto value = static_cast<std::uint64_t>(std::clamp<Nanos>(duration, 0, kLongest));
  if (value < kExact) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kStepBits - 1;
  return kExact + (shift - 1) * kSteps + (value >> shift) - kSteps;
}

Histogram::Bin Histogram::bin_at(std::size_t index) {
  if (index < kExact) return {static_cast<Nanos>(index), static_cast<Nanos>(index + 1), 0};
  const std::uint64_t shift = (index - kExact) / kSteps + 1;
  const std::uint64_t step = (index - kExact) % kSteps + kSteps;
  return {static_cast<Nanos>(step << shift), static_cast<Nanos>((step + 1) << shift), 0};
}

void Histogram::add(Nanos duration, std::uint64_t count) {
  if (count == 0) return;
  counts_[index_of(duration)] += count;
  min_ = count_ == 0 ? duration : std::min(min_, duration);
  max_ = count_ == 0 ? duration : std::max(max_, duration);
  count_ += count;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < kBins; ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
}

Nanos Histogram::quantile(double p) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == count_) return max_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    const Bin bin = bin_at(i);
    return std::clamp(bin.low + (bin.high - bin.low - 1) / 2, min_, max_);
  }
  return max_;
}

std::vector<Histogram::Bin> Histogram::bins() const {
  std::vector<Bin> result;
  for (std::size_t i = 0; i < kBins; ++i) {
    if (counts_[i] == 0) continue;
    result.push_back(bin_at(i));
    result.back().count = counts_[i];
  }
  return result;
}

}  // namespace hangrate
