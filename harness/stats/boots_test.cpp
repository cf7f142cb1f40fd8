// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/boots.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Boots = std::vector<Cluster>;

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

BootBound bound_of(const Boots& boots) {
  return bound_over_boots(boots, 0.95);
}

TEST(BootBound, SaysNothingWithoutTrials) {
  for (const Boots& boots : {Boots{}, Boots{{0, 0}, {0, 0}}}) {
    const BootBound seen = bound_of(boots);
    EXPECT_EQ(seen.boots, 0U);
    EXPECT_EQ(seen.interval, (Interval{0.0, 1.0}));
    EXPECT_EQ(seen.excluded_rate, 1.0);
    EXPECT_EQ(seen.effective_trials, 0.0);
  }
}

TEST(BootBound, OfCleanBootsAssumesTheStatedCorrelation) {
  const BootBound seen = bound_of(Boots(5, Cluster{200, 0}));
  EXPECT_EQ(seen.source, RhoSource::Stated);
  EXPECT_EQ(seen.rho, kStatedRho);
  EXPECT_EQ(seen.boots, 5U);
  EXPECT_EQ(seen.trials, 1000U);
  EXPECT_NEAR(seen.effective_trials, 1000.0 / (1.0 + 199.0 * 0.05), 1e-9);
  EXPECT_EQ(seen.excluded_rate, excluded_rate_effective(seen.effective_trials, 0.95));
  EXPECT_GT(seen.excluded_rate, 10 * excluded_rate(1000, 0.95));
  EXPECT_EQ(seen.interval.low, 0.0);
}

TEST(BootBound, TakesTheCorrelationItIsGiven) {
  const Boots boots(5, Cluster{200, 0});
  EXPECT_NEAR(bound_over_boots(boots, 0.95, 0.0).effective_trials, 1000.0, 1e-9);
  EXPECT_NEAR(bound_over_boots(boots, 0.95, 1.0).effective_trials, 5.0, 1e-9);
}

TEST(BootBound, OfOneBootIsWorthTwentyTrialsHoweverLongItRan) {
  for (const std::uint64_t hits : {0ULL, 10'000ULL}) {
    const BootBound seen = bound_of({{1'000'000, hits}});
    EXPECT_EQ(seen.boots, 1U);
    EXPECT_EQ(seen.source, RhoSource::Stated);
    EXPECT_NEAR(seen.effective_trials, 20.0, 1e-3);
  }
  EXPECT_NEAR(bound_of({{1'000'000, 0}}).excluded_rate, 0.139, 1e-3);
}

TEST(BootBound, EmptyBootsAreNoBoots) {
  EXPECT_EQ(bound_of({{500, 3}, {0, 0}, {500, 4}}), bound_of({{500, 3}, {500, 4}}));
}

TEST(BootBound, OfBootsThatAgreeGivesTheStatedCorrelationUp) {
  const BootBound seen = bound_of({{1000, 101}, {1000, 95}, {1000, 104}, {1000, 99}, {1000, 97}});
  EXPECT_EQ(seen.source, RhoSource::Refuted);
  EXPECT_EQ(seen.rho, 0.0);
  EXPECT_EQ(seen.effective_trials, 5000.0);
  EXPECT_EQ(seen.interval, clopper_pearson(496, 5000, 0.95));
}

TEST(BootBound, OfFewHitsKeepsTheStatedCorrelation) {
  for (const Boots& boots : {Boots{{200, 1}, {200, 0}, {200, 0}, {200, 0}, {200, 0}},
                             Boots{{200, 2}, {200, 0}, {200, 0}, {200, 0}, {200, 0}}}) {
    const BootBound seen = bound_of(boots);
    EXPECT_EQ(seen.source, RhoSource::Stated);
    EXPECT_GT(seen.interval.high, 1.5 * clopper_pearson(seen.hits, seen.trials, 0.95).high);
  }
}

TEST(BootBound, OfBootsThatDifferALotEstimatesTheCorrelation) {
  const BootBound seen = bound_of({{1000, 2}, {1000, 200}, {1000, 10}, {1000, 400}, {1000, 0}});
  EXPECT_EQ(seen.source, RhoSource::Estimated);
  EXPECT_GT(seen.rho, kStatedRho);
  EXPECT_LT(seen.effective_trials, 5000.0 / (1.0 + 999.0 * kStatedRho));
  EXPECT_GE(seen.effective_trials, 5.0);
}

TEST(BootBound, OfAllOrNothingBootsCountsEachAsATrial) {
  const BootBound seen = bound_of({{25, 25}, {25, 0}});
  EXPECT_EQ(seen.source, RhoSource::Estimated);
  EXPECT_NEAR(seen.effective_trials, 2.0, 1e-9);
}

TEST(BootBound, OfOnlyHitsIsTheMirrorImageOfACleanRun) {
  const BootBound clean = bound_of(Boots(5, Cluster{200, 0}));
  const BootBound hits = bound_of(Boots(5, Cluster{200, 200}));
  EXPECT_EQ(hits.source, RhoSource::Stated);
  EXPECT_NEAR(hits.interval.low, 1.0 - clean.interval.high, 1e-12);
  EXPECT_EQ(hits.interval.high, 1.0);
}

TEST(BootBound, HoldsForATrillionTrials) {
  const std::uint64_t size = 200'000'000'000;
  const BootBound rare = bound_of({{size, 7}, {size, 9}, {size, 6}, {size, 8}, {size, 10}});
  EXPECT_EQ(rare.source, RhoSource::Refuted);
  EXPECT_GT(rare.interval.low, 0.0);
  EXPECT_LT(rare.interval.high, 1e-10);
}

/// Probability of no hit in `boots` boots of `size` trials, the rates Beta with that correlation.
double clean_probability(double rate, double rho, double size, double boots) {
  const double weight = 1.0 / rho - 1.0;
  const double misses = (1.0 - rate) * weight;
  return std::exp(boots * (std::lgamma(misses + size) - std::lgamma(misses) -
                           std::lgamma(weight + size) + std::lgamma(weight)));
}

TEST(BootBound, ExcludesNoRateThatBetaBinomialBootsOftenHide) {
  for (const std::uint64_t boots : {1ULL, 2ULL, 5ULL, 20ULL, 100ULL}) {
    for (const std::uint64_t size : {2ULL, 50ULL, 1000ULL, 100'000ULL}) {
      const BootBound seen = bound_of(Boots(boots, Cluster{size, 0}));
      EXPECT_LE(clean_probability(seen.excluded_rate, kStatedRho, static_cast<double>(size),
                                  static_cast<double>(boots)),
                0.0525)
          << boots << " of " << size;
    }
  }
  // What the trials alone exclude, boots that differ hide often.
  EXPECT_GT(clean_probability(excluded_rate(1000, 0.95), kStatedRho, 200, 5), 0.3);
}

TEST(BootsToExclude, IsTheSmallestNumberThatExcludesTheRate) {
  for (const double rate : {0.3, 0.1, 0.05, 0.01, 0.001}) {
    for (const std::uint64_t size : {1ULL, 20ULL, 1000ULL}) {
      const std::uint64_t boots = boots_to_exclude(rate, size, kStatedRho, 0.95);
      EXPECT_LE(bound_of(Boots(boots, Cluster{size, 0})).excluded_rate, rate);
      if (boots > 1) {
        EXPECT_GT(bound_of(Boots(boots - 1, Cluster{size, 0})).excluded_rate, rate);
      }
    }
  }
  EXPECT_EQ(boots_to_exclude(0.01, 1000, kStatedRho, 0.95), 16U);
  EXPECT_EQ(boots_to_exclude(0.001, 1000, kStatedRho, 0.95), 153U);
}

TEST(BootsToExclude, WithoutCorrelationCountsTrials) {
  EXPECT_EQ(boots_to_exclude(0.001, 1, 0.0, 0.95), trials_to_exclude(0.001, 0.95));
  EXPECT_EQ(boots_to_exclude(0.001, 2995, 0.0, 0.95), 1U);
  EXPECT_EQ(boots_to_exclude(0.001, 2994, 0.0, 0.95), 2U);
  EXPECT_EQ(boots_to_exclude(0.001, 2994, 1.0, 0.95), 2995U);
}

TEST(BootsToExclude, NeverEndsForWhatNoBootExcludes) {
  EXPECT_EQ(boots_to_exclude(0.0, 1000, kStatedRho, 0.95), kNever);
  EXPECT_EQ(boots_to_exclude(0.01, 0, kStatedRho, 0.95), kNever);
  EXPECT_EQ(boots_to_exclude(1e-30, 1000, kStatedRho, 0.95), kNever);
  EXPECT_EQ(boots_to_exclude(1.0, 1000, kStatedRho, 0.95), 1U);
}

}  // namespace
}  // namespace hangrate
