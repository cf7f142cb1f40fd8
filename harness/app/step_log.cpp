// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/step_log.h"

#include <fmt/format.h>

namespace hangrate {

std::string StepLog::begin(const std::string& step, Nanos now) {
  if (step == step_) return "";
  step_ = step;
  began_ = said_ = now;
  return step;
}

std::string StepLog::tick(Nanos now) {
  if (step_.empty() || now - said_ < kEvery) return "";
  said_ = now;
  return fmt::format("{}, {} s so far", step_, (now - began_) / kSecond);
}

}  // namespace hangrate
