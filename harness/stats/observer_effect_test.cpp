// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/observer_effect.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

/// Is trial `i` of `trials` one of `chosen`, spread evenly?
bool is_chosen(std::uint64_t i, std::uint64_t chosen, std::uint64_t trials) {
  return (i + 1) * chosen / trials != i * chosen / trials;
}

TrialRecord hit_of(std::uint64_t trial, bool watched) {
  TrialRecord hit{.cell = 0, .observation = {}, .verdict = {}};
  hit.observation.trial = trial;
  hit.observation.traced = watched;
  hit.verdict.outcome = Outcome::Hang;
  hit.verdict.signature = SignatureMatch::Match;
  return hit;
}

/// Both kinds of trials take turns, and the hits of each lie evenly in it.
CellResult cell(std::uint64_t traced_hits, std::uint64_t traced, std::uint64_t other_hits,
                std::uint64_t others) {
  CellSpec spec;
  spec.trials = traced + others;
  CellResult result(spec);
  std::uint64_t watched_so_far = 0;
  for (std::uint64_t i = 0; i < spec.trials; ++i) {
    const bool watched = is_chosen(i, traced, spec.trials);
    const bool hit = watched ? is_chosen(watched_so_far, traced_hits, traced)
                             : is_chosen(i - watched_so_far, other_hits, others);
    if (hit) {
      result.apply(hit_of(i, watched));
    } else {
      result.apply(BatchRecord{.first = i, .count = 1, .traced = watched});
    }
    if (watched) ++watched_so_far;
  }
  return result;
}

std::optional<ObserverEffect> effect_of(const CellResult& result) {
  return observer_effect(result, result.estimate(0.95));
}

/// 1,000 trials of either kind, and leases of so many of them that took so long.
std::optional<ObserverEffect> timed(LeaseTime traced, LeaseTime untraced) {
  CellResult result = cell(0, 1000, 0, 1000);
  CellEndRecord end;
  end.trace.traced = traced;
  end.trace.untraced = untraced;
  end.trace.events = 5000;
  result.apply(end);
  return effect_of(result);
}

TEST(ObserverEffect, NeedsBothKindsOfTrials) {
  EXPECT_FALSE(effect_of(cell(1, 100, 0, 0)));
  EXPECT_FALSE(effect_of(cell(0, 0, 1, 100)));
}

TEST(ObserverEffect, EqualRatesHaveOneInTheirInterval) {
  const auto effect = effect_of(cell(50, 1000, 50, 1000));
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->traced, (ArmTally{50, 1000}));
  EXPECT_EQ(effect->untraced, (ArmTally{50, 1000}));
  EXPECT_DOUBLE_EQ(*effect->rate_ratio, 1.0);
  EXPECT_LT(effect->rate_interval.low, 1.0);
  EXPECT_GT(effect->rate_interval.high, 1.0);
  EXPECT_FALSE(effect->speed_ratio);
}

TEST(ObserverEffect, ARecorderThatHidesTheBugShows) {
  const auto effect = effect_of(cell(5, 2000, 60, 1000));
  ASSERT_TRUE(effect);
  EXPECT_NEAR(*effect->rate_ratio, 5.0 / 2000 / (60.0 / 1000), 1e-9);
  EXPECT_LT(effect->rate_interval.high, 0.2);
}

TEST(ObserverEffect, WithoutHitsThereIsNoRatioAndWithHitsOfOneKindNoUpperEnd) {
  EXPECT_FALSE(effect_of(cell(0, 100, 0, 100))->rate_ratio);
  const auto effect = effect_of(cell(3, 100, 0, 100));
  EXPECT_TRUE(std::isinf(effect->rate_interval.high));
  EXPECT_GT(effect->rate_interval.low, 0.0);
}

TEST(ObserverEffect, TimeAndEventsComeFromUndisturbedLeases) {
  const auto effect = timed({1000, 11 * kMilli}, {900, 9 * kMilli});
  ASSERT_TRUE(effect && effect->speed_ratio && effect->ns_per_event);
  EXPECT_NEAR(*effect->speed_ratio, 10.0 / 11.0, 1e-9);
  EXPECT_NEAR(effect->events_per_trial, 5.0, 1e-9);
  EXPECT_NEAR(*effect->ns_per_event, 200.0, 1e-6);
  EXPECT_DOUBLE_EQ(effect->traced_timed, 1.0);
  EXPECT_DOUBLE_EQ(effect->untraced_timed, 0.9);
  EXPECT_EQ(effect->no_speed, "");
}

TEST(ObserverEffect, AFewUndisturbedLeasesMakeNoSpeedRatio) {
  EXPECT_TRUE(timed({200, kMilli}, {200, kMilli})->speed_ratio);
  const auto effect = timed({199, kMilli}, {1000, kMilli});
  EXPECT_FALSE(effect->speed_ratio);
  EXPECT_FALSE(effect->ns_per_event);
  EXPECT_EQ(effect->no_speed,
            "leases in which every trial ended by itself hold 199 of the watched trials (20 %) and "
            "1000 of the others (100 %); it takes 100 and 20 % of either");
  EXPECT_FALSE(timed({1000, kMilli}, {199, kMilli})->speed_ratio);
  EXPECT_FALSE(timed({}, {})->speed_ratio);
  CellResult small = cell(0, 99, 0, 400);
  CellEndRecord end;
  end.trace = {.traced = {99, kMilli}, .untraced = {400, kMilli}};
  small.apply(end);
  EXPECT_FALSE(effect_of(small)->speed_ratio);
}

TEST(ObserverEffect, NoCostIsNegative) {
  const auto effect = timed({1000, 10 * kMilli}, {1000, 11 * kMilli});
  EXPECT_GT(*effect->speed_ratio, 1.0);
  EXPECT_FALSE(effect->ns_per_event);
}

TEST(ObserverEffect, BurstsWidenTheIntervalOfTheRatio) {
  // 60 hits in 6,400 trials, first one here and one there, then ten in a row in six places.
  const auto with_hits_at = [](const std::function<bool(std::uint64_t)>& hits) {
    CellSpec spec;
    spec.trials = 6400;
    CellResult result(spec);
    for (std::uint64_t i = 0; i < spec.trials; ++i) {
      const bool watched = i / 50 % 2 == 0;
      if (!hits(i)) {
        result.apply(BatchRecord{.first = i, .count = 1, .traced = watched});
        continue;
      }
      result.apply(hit_of(i, watched));
    }
    return effect_of(result);
  };
  const auto even = with_hits_at([](std::uint64_t i) { return i % 107 == 0; });
  const auto bursts = with_hits_at([](std::uint64_t i) { return i % 1050 < 10 && i < 6300; });
  ASSERT_TRUE(even && bursts);
  EXPECT_EQ(even->traced.hits + even->untraced.hits, 60u);
  EXPECT_EQ(bursts->traced.hits + bursts->untraced.hits, 60u);
  EXPECT_FALSE(even->widened);
  EXPECT_TRUE(bursts->widened);
  EXPECT_GT(even->rate_interval.low, 0.4);
  EXPECT_LT(bursts->rate_interval.low, 0.25);
  EXPECT_GT(bursts->rate_interval.high, 4.0);
}

}  // namespace
}  // namespace hangrate
