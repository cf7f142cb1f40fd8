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
    if (has_room(now)) {
      ++written_;
      return true;
    }
    ++missed_;
    return false;
  }

  /// Is there room for one more?
  bool has_room(Nanos now) {
    if (now - begin_ >= kSpan && missed_ == 0) begin(now);
    return written_ < most_;
  }

  /// How many were not, once their minute is over; 0 = none, or not yet.
  int missed(Nanos now) { return now - begin_ < kSpan ? 0 : missed_so_far(now); }
  /// The same, and their minute may go on.
  int missed_so_far(Nanos now) {
    const int told = missed_;
    if (told != 0) begin(now);
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
