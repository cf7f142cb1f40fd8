// SPDX-License-Identifier: GPL-2.0-or-later
//
// LineQuota: how many lines a minute are worth reading. Pure.
#pragma once

#include "harness/base/clock.h"

namespace hangrate {

class LineQuota {
 public:
  static constexpr Nanos kSpan = 60 * kSecond;

  explicit LineQuota(int most) : most_(most) {}

  /// May one more be written?
  bool take(Nanos now) {
    if (now - begin_ >= kSpan && missed_ == 0) begin(now);
    if (written_ < most_) {
      ++written_;
      return true;
    }
    ++missed_;
    return false;
  }

  /// How many were not, once their minute is over; 0 = none, or not yet.
  int missed(Nanos now) {
    if (missed_ == 0 || now - begin_ < kSpan) return 0;
    const int told = missed_;
    begin(now);
    return told;
  }

 private:
  void begin(Nanos now) {
    begin_ = now;
    written_ = missed_ = 0;
  }

  int most_;
  Nanos begin_ = 0;
  int written_ = 0;
  int missed_ = 0;
};

}  // namespace hangrate
