// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/slot_view.h"

#include <memory>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

ArmFact arm(const char* plan, Nanos delay_ns, std::uint32_t tries, std::uint32_t hits) {
  ArmFact fact;
  fact.plan = plan;
  fact.delay_ns = delay_ns;
  fact.tries = tries;
  fact.hits = hits;
  return fact;
}

TEST(SearchTable, WhatIsFilledInIsReadBack) {
  const auto table = std::make_unique<protocol::SearchTable>();
  const std::vector<ArmFact> arms = {arm("interrupt", 120'000, 50, 40), arm("", 0, 3, 0)};
  fill(*table, arms);
  EXPECT_EQ(arms_of(*table), arms);
}

TEST(SearchTable, ArmsThatCannotBeAreNotFilledIn) {
  const auto table = std::make_unique<protocol::SearchTable>();
  std::vector<ArmFact> arms(100, arm("herd", 5, 1, 0));
  arms[0] = arm("a name that is longer than the field", 5, 1, 1);
  arms[1] = arm("herd", -5, 1, 1);
  arms[2] = arm("herd", kLongestDelay + 1, 1, 1);
  arms[3] = arm("herd", 7, 1, 9);
  fill(*table, arms);
  const auto back = arms_of(*table);
  ASSERT_EQ(back.size(), protocol::kMaxArms);
  EXPECT_EQ(back[0], arm("herd", 7, 1, 1)) << "no more hits than tries";
}

TEST(SearchTable, AMadWorkerIsReadNoFurtherThanTheTable) {
  const auto table = std::make_unique<protocol::SearchTable>();
  std::memset(static_cast<void*>(table.get()), 0xfe, sizeof *table);
  const auto arms = arms_of(*table);
  ASSERT_EQ(arms.size(), protocol::kMaxArms);
  for (const ArmFact& each : arms) {
    EXPECT_EQ(each.plan, std::string(sizeof(protocol::Shot::plan), '?'));
    EXPECT_EQ(each.off, std::string(sizeof(protocol::Arm::off), '?'));
    EXPECT_LE(each.hits, each.tries);
  }
}

TEST(SearchTable, AShotWithoutAnEndIsCutAndItsControlCharactersAreGone) {
  protocol::Shot shot;
  std::memset(shot.plan, '\033', sizeof shot.plan);
  EXPECT_EQ(to_model(shot).plan, std::string(sizeof shot.plan, '?'));
}

}  // namespace
}  // namespace hangrate
