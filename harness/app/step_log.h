// SPDX-License-Identifier: GPL-2.0-or-later
//
// StepLog: which lines a log gets of work that goes on step by step: one when a step begins, and
// one every half minute as long as it lasts. Pure.
#pragma once

#include <string>

#include "harness/base/clock.h"

namespace hangrate {

class StepLog {
 public:
  static constexpr Nanos kEvery = 30 * kSecond;

  /// A step begins; what a log says of it. "" if that is what was said last.
  std::string begin(const std::string& step, Nanos now);
  /// What a log says now of the step that goes on, "" for nothing.
  std::string tick(Nanos now);
  void end() { step_.clear(); }
  const std::string& step() const { return step_; }

 private:
  std::string step_;
  Nanos began_ = 0;
  Nanos said_ = 0;
};

}  // namespace hangrate
