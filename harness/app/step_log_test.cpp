// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/step_log.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(StepLog, AStepIsSaidOnceWhenItBegins) {
  StepLog log;
  EXPECT_EQ(log.begin("download", 1), "download");
  EXPECT_EQ(log.begin("download", 2), "");
  EXPECT_EQ(log.begin("build", 3), "build");
  EXPECT_EQ(log.step(), "build");
}

TEST(StepLog, AStepThatLastsIsSaidAgainEveryHalfMinute) {
  StepLog log;
  log.begin("build", 0);
  EXPECT_EQ(log.tick(StepLog::kEvery - 1), "");
  EXPECT_EQ(log.tick(StepLog::kEvery + kSecond), "build, 31 s so far");
  EXPECT_EQ(log.tick(StepLog::kEvery + 2 * kSecond), "");
  EXPECT_EQ(log.tick(2 * StepLog::kEvery + kSecond), "build, 61 s so far");
}

TEST(StepLog, NothingIsSaidOnceItIsOver) {
  StepLog log;
  EXPECT_EQ(log.tick(StepLog::kEvery), "");
  log.begin("build", 0);
  log.end();
  EXPECT_EQ(log.tick(StepLog::kEvery), "");
}

}  // namespace
}  // namespace hangrate
