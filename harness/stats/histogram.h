// SPDX-License-Identifier: GPL-2.0-or-later
//
// Histogram: durations from 1 ns to 1 h in fixed memory (19 KiB), to the nanosecond below 128 ns
// and within 0.8 % above. Log-linear: every power of two is cut into 64 equal bins. Any layer may
// use it; one writer at a time. It never allocates while adding and never forgets the true maximum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/base/clock.h"

namespace hangrate {

class Histogram {
 public:
  static constexpr Nanos kLongest = 3600 * kSecond;

  struct Bin {
    Nanos low = 0;   ///< inclusive
    Nanos high = 0;  ///< exclusive
    std::uint64_t count = 0;
    bool operator==(const Bin&) const = default;
  };

  /// Shorter than 1 ns counts as 0, longer than 1 h in the last bin; min() and max() stay exact.
  void add(Nanos duration, std::uint64_t count = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Nanos min() const { return min_; }  ///< 0 if empty
  Nanos max() const { return max_; }  ///< 0 if empty

  /// The duration that a share `p` in [0, 1] of all does not exceed (nearest rank; the middle of
  /// its bin, within min() and max()). 0 if empty.
  Nanos quantile(double p) const;

  /// Bins that hold something, ascending. Adding each `low` `count` times to an empty histogram
  /// gives the same bins again.
  std::vector<Bin> bins() const;

  bool operator==(const Histogram&) const = default;

 private:
  static constexpr unsigned kStepBits = 6;  // 2^6 bins per power of two
  static constexpr std::uint64_t kSteps = 1U << kStepBits;
  static constexpr std::uint64_t kExact = 2 * kSteps;  // below: one bin per nanosecond
  static constexpr unsigned kLongestBits = 42;         // std::bit_width(kLongest)
  static constexpr std::size_t kBins = kExact + (kLongestBits - kStepBits - 1) * kSteps;

  static std::size_t index_of(Nanos duration);
  static Bin bin_at(std::size_t index);

  std::array<std::uint64_t, kBins> counts_{};
  std::uint64_t count_ = 0;
  Nanos min_ = 0;
  Nanos max_ = 0;
};

}  // namespace hangrate
