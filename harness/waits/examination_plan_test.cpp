// SPDX-License-Identifier: GPL-2.0-or-later
//
// When everything is looked at, and when that would cost too much.
#include "harness/waits/examination_plan.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

ExaminationPlan after_the_first(Nanos cost = kMilli) {
  ExaminationPlan plan(0);
  plan.begin();
  plan.done(0, cost);
  return plan;
}

TEST(ExaminationPlan, TheFirstIsDueAtOnce) {
  EXPECT_TRUE(ExaminationPlan(0).due(0, false));
}

TEST(ExaminationPlan, AChangeIsWorthOneAndNoChangeIsNot) {
  ExaminationPlan plan = after_the_first();
  EXPECT_FALSE(plan.due(kSecond, true));
  plan.want();
  EXPECT_TRUE(plan.due(kSecond, true));
  plan.begin();
  plan.done(kSecond, kMilli);
  EXPECT_FALSE(plan.due(2 * kSecond, true));
}

TEST(ExaminationPlan, WhatChangesWhileItIsDoneIsWorthAnother) {
  ExaminationPlan plan = after_the_first();
  plan.begin();
  plan.want();
  plan.done(kSecond, kMilli);
  EXPECT_TRUE(plan.due(kSecond, true));
}

TEST(ExaminationPlan, AgainSoonAndThenLessOftenAsLongAsSomebodyMayHang) {
  ExaminationPlan plan = after_the_first();
  Nanos now = 0;
  for (Nanos wait = ExaminationPlan::kSoon; wait < ExaminationPlan::kAgain; wait *= 2) {
    EXPECT_FALSE(plan.due(now + wait - 1, true));
    EXPECT_FALSE(plan.due(now + wait, false)) << "nobody may hang";
    EXPECT_TRUE(plan.due(now + wait, true));
    plan.begin();
    plan.done(now += wait, kMilli);
  }
  EXPECT_FALSE(plan.due(now + ExaminationPlan::kAgain - 1, true));
  EXPECT_TRUE(plan.due(now + ExaminationPlan::kAgain, true));
}

TEST(ExaminationPlan, WhatIsSpentIsEarnedBackBeforeTheNext) {
  ExaminationPlan plan = after_the_first(ExaminationPlan::kMost + kMilli);
  plan.want();
  EXPECT_FALSE(plan.due(kMilli, true));
  EXPECT_FALSE(plan.due(kMilli * ExaminationPlan::kShare, true)) << "nothing over yet";
  EXPECT_TRUE(plan.due(kMilli * (ExaminationPlan::kShare + 1), true));
}

TEST(ExaminationPlan, SavesNoMoreThanItsMost) {
  ExaminationPlan plan(0);
  ASSERT_TRUE(plan.due(1'000'000 * kSecond, false));
  plan.done(1'000'000 * kSecond, ExaminationPlan::kMost);
  EXPECT_FALSE(plan.due(1'000'000 * kSecond, true));
}

}  // namespace
}  // namespace hangrate
