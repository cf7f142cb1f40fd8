// SPDX-License-Identifier: GPL-2.0-or-later
//
// ExaminationPlan: when is a look at everything worth what it costs? At once after something has
// changed, as long as the share of a CPU that all of them may have together is not used up. Pure.
#pragma once

#include <algorithm>

#include "harness/base/clock.h"

namespace hangrate {

class ExaminationPlan {
 public:
  static constexpr Nanos kShare = 100;           ///< of one CPU: a percent
  static constexpr Nanos kMost = kSecond / 2;    ///< CPU time that is saved up for bad days
  static constexpr Nanos kAgain = 60 * kSecond;  ///< with nothing seen to change

  /// The first with nothing seen to change, each later one after twice the time: what is stuck for
  /// now (a process that exits holds everything) may be proven then.
  static constexpr Nanos kSoon = 4 * kSecond;

  explicit ExaminationPlan(Nanos now) : last_(now), earned_(now) {}

  void want() { wanted_ = true; }
  /// `waiting`: there are tasks that may hang.
  bool due(Nanos now, bool waiting) {
    credit_ = std::min(kMost, credit_ + (now - earned_) / kShare);
    earned_ = now;
    return credit_ > 0 && (wanted_ || (waiting && now - last_ >= again_));
  }
  /// It took `cost` of CPU time. What is wanted from the beginning of it on is not answered by it.
  void begin() {
    again_ = wanted_ ? kSoon : std::min(2 * again_, kAgain);
    wanted_ = false;
  }
  void done(Nanos now, Nanos cost) {
    last_ = now;
    credit_ -= cost;
  }

 private:
  bool wanted_ = true;  ///< the first one
  Nanos again_ = kSoon;
  Nanos credit_ = kMost;
  Nanos last_;    ///< when one was done
  Nanos earned_;  ///< up to when the credit is counted
};

}  // namespace hangrate
