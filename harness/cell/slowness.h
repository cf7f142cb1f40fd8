// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slowness: how much slower than an idle modern machine this one is. 0 = not known yet.
#pragma once

#include <algorithm>

#include "harness/base/clock.h"

namespace hangrate {

class Slowness {
 public:
  /// The best start of a worker seen tells most about the machine; the others met with load.
  void note_start(Nanos took) {
    const double ratio = static_cast<double>(took) / static_cast<double>(kUsualStart);
    const double bounded = std::clamp(ratio, 1.0, kMost);
    factor_ = factor_ == 0.0 ? bounded : std::min(factor_, bounded);
  }
  double factor() const { return factor_; }
  /// `span`, longer on a slow machine.
  Nanos scaled(Nanos span) const {
    return static_cast<Nanos>(static_cast<double>(span) * std::max(factor_, 1.0));
  }

 private:
  static constexpr Nanos kUsualStart = 20 * kMilli;  // fork to idle
  static constexpr double kMost = 20.0;
  double factor_ = 0.0;
};

}  // namespace hangrate
