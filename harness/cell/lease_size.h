// SPDX-License-Identifier: GPL-2.0-or-later
//
// LeaseSize: how many trials a lease should hold, so that it takes about a tenth of a second.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/base/clock.h"

namespace hangrate {

class LeaseSize {
 public:
  /// A lease of `trials` took so long.
  void note(std::uint64_t trials, Nanos took) {
    if (trials > 0) trial_ns_ = static_cast<double>(took) / static_cast<double>(trials);
  }
  std::uint64_t most() const {
    if (trial_ns_ <= 0) return kFirst;
    const double fit = static_cast<double>(kSpan) / trial_ns_;
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(fit), 1, kLongest);
  }

 private:
  static constexpr Nanos kSpan = 100 * kMilli;
  static constexpr std::uint64_t kFirst = 8;
  static constexpr std::uint64_t kLongest = 8192;
  double trial_ns_ = 0;
};

}  // namespace hangrate
