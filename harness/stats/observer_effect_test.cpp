// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/observer_effect.h"

#include <cmath>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

CellResult cell(std::uint64_t traced_hits, std::uint64_t traced, std::uint64_t other_hits,
                std::uint64_t others) {
  CellSpec spec;
  spec.trials = traced + others;
  CellResult result(spec);
  std::uint64_t index = 0;
  const auto arm = [&](std::uint64_t hits, std::uint64_t trials, bool watched) {
    for (std::uint64_t i = 0; i < hits; ++i) {
      TrialRecord hit{.cell = 0, .observation = {}, .verdict = {}};
      hit.observation.trial = index++;
      hit.observation.traced = watched;
      hit.verdict.outcome = Outcome::Hang;
      hit.verdict.signature = SignatureMatch::Match;
      result.apply(hit);
    }
    if (trials > hits) {
      result.apply(BatchRecord{.first = index, .count = trials - hits, .traced = watched});
      index += trials - hits;
    }
  };
  arm(traced_hits, traced, true);
  arm(other_hits, others, false);
  return result;
}

TEST(ObserverEffect, NeedsBothKindsOfTrials) {
  EXPECT_FALSE(observer_effect(cell(1, 100, 0, 0), 0.95));
  EXPECT_FALSE(observer_effect(cell(0, 0, 1, 100), 0.95));
}

TEST(ObserverEffect, EqualRatesHaveOneInTheirInterval) {
  const auto effect = observer_effect(cell(50, 1000, 50, 1000), 0.95);
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->traced, (ArmTally{50, 1000}));
  EXPECT_EQ(effect->untraced, (ArmTally{50, 1000}));
  EXPECT_DOUBLE_EQ(*effect->rate_ratio, 1.0);
  EXPECT_LT(effect->rate_interval.low, 1.0);
  EXPECT_GT(effect->rate_interval.high, 1.0);
  EXPECT_FALSE(effect->speed_ratio);
}

TEST(ObserverEffect, ARecorderThatHidesTheBugShows) {
  const auto effect = observer_effect(cell(5, 2000, 60, 1000), 0.95);
  ASSERT_TRUE(effect);
  EXPECT_NEAR(*effect->rate_ratio, 5.0 / 2000 / (60.0 / 1000), 1e-9);
  EXPECT_LT(effect->rate_interval.high, 0.2);
}

TEST(ObserverEffect, WithoutHitsThereIsNoRatioAndWithHitsOfOneKindNoUpperEnd) {
  EXPECT_FALSE(observer_effect(cell(0, 100, 0, 100), 0.95)->rate_ratio);
  const auto effect = observer_effect(cell(3, 100, 0, 100), 0.95);
  EXPECT_TRUE(std::isinf(effect->rate_interval.high));
  EXPECT_GT(effect->rate_interval.low, 0.0);
}

TEST(ObserverEffect, TimeAndEventsComeFromUndisturbedLeases) {
  CellResult result = cell(0, 1000, 0, 1000);
  CellEndRecord end;
  end.trace.traced = {1000, 11 * kMilli};
  end.trace.untraced = {1000, 10 * kMilli};
  end.trace.events = 5000;
  result.apply(end);
  const auto effect = observer_effect(result, 0.95);
  ASSERT_TRUE(effect && effect->speed_ratio && effect->ns_per_event);
  EXPECT_NEAR(*effect->speed_ratio, 10.0 / 11.0, 1e-9);
  EXPECT_NEAR(effect->events_per_trial, 5.0, 1e-9);
  EXPECT_NEAR(*effect->ns_per_event, 200.0, 1e-6);
}

}  // namespace
}  // namespace hangrate
