// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/interval.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

void expect_close(double seen, double wanted, double relative) {
  EXPECT_NEAR(seen, wanted, std::abs(wanted) * relative);
}

/// P(Bin(n, p) <= k) summed term by term, independent of any beta function.
double binomial_cdf(std::uint64_t k, std::uint64_t n, double p) {
  double log_term = static_cast<double>(n) * std::log1p(-p);
  double sum = 0.0;
  for (std::uint64_t i = 0; i <= k; ++i) {
    sum += std::exp(log_term);
    log_term += std::log(static_cast<double>(n - i) / static_cast<double>(i + 1)) + std::log(p) -
                std::log1p(-p);
  }
  return sum;
}

struct Reference {
  std::uint64_t hits;
  std::uint64_t trials;
  double confidence;
  double low;
  double high;
};

// Binomial tails inverted with 60 decimal digits; the first is also R's binom.test(3, 400).
constexpr Reference kReferences[] = {
    {3, 400, 0.95, 0.0015493589499056572, 0.021760668514417107},
    {0, 10000, 0.95, 0.0, 0.00036881991461876228},
    {1, 1000000, 0.95, 2.5317807663794178e-08, 5.5716306551722442e-06},
    {3, 1000000000000, 0.95, 6.1867212289602859e-13, 8.767273069717044e-12},
    {50, 100, 0.99, 0.36886143735892402, 0.63113856264107593},
    {400, 400, 0.95, 0.9908201954163347, 1.0},
    {5, 10, 0.9, 0.22244110100812908, 0.77755889899187092},
    {1, 2, 0.95, 0.01257911709342505, 0.98742088290657493},
    {120, 10000, 0.999, 0.0087332782482147115, 0.016017393303417931},
};

TEST(Interval, EqualsIndependentlyInvertedBinomialTails) {
  for (const Reference& reference : kReferences) {
    SCOPED_TRACE(std::to_string(reference.hits) + "/" + std::to_string(reference.trials));
    const Interval seen = clopper_pearson(reference.hits, reference.trials, reference.confidence);
    expect_close(seen.low, reference.low, 1e-9);
    expect_close(seen.high, reference.high, 1e-9);
  }
}

TEST(Interval, EndsHaveExactlyTheTailProbabilityOverManySizes) {
  for (const std::uint64_t trials : {2ULL, 7ULL, 50ULL, 999ULL, 100000ULL, 1000000000ULL}) {
    for (const std::uint64_t hits : {1ULL, 2ULL, 5ULL, 40ULL, 300ULL}) {
      if (hits >= trials) continue;
      for (const double confidence : {0.5, 0.9, 0.95, 0.9999}) {
        SCOPED_TRACE(std::to_string(hits) + "/" + std::to_string(trials));
        const Interval seen = clopper_pearson(hits, trials, confidence);
        const double tail = (1.0 - confidence) / 2.0;
        expect_close(1.0 - binomial_cdf(hits - 1, trials, seen.low), tail, 1e-4);
        expect_close(binomial_cdf(hits, trials, seen.high), tail, 1e-4);
      }
    }
  }
}

TEST(Interval, SaysNothingWithoutTrials) {
  EXPECT_EQ(clopper_pearson(0, 0, 0.95), (Interval{0.0, 1.0}));
  EXPECT_EQ(excluded_rate(0, 0.95), 1.0);
}

TEST(Interval, IsTheMirrorImageForMisses) {
  for (const std::uint64_t hits : {0ULL, 1ULL, 17ULL, 60ULL}) {
    const Interval of_hits = clopper_pearson(hits, 60, 0.95);
    const Interval of_misses = clopper_pearson(60 - hits, 60, 0.95);
    EXPECT_NEAR(of_hits.low, 1.0 - of_misses.high, 1e-12);
    EXPECT_NEAR(of_hits.high, 1.0 - of_misses.low, 1e-12);
  }
}

TEST(Interval, OfEffectiveNumbersLiesBetweenItsWholeNeighbours) {
  const Interval seen = clopper_pearson_effective(2.5, 100.0, 0.95);
  EXPECT_GT(seen.low, clopper_pearson(2, 100, 0.95).low);
  EXPECT_LT(seen.low, clopper_pearson(3, 100, 0.95).low);
  EXPECT_GT(seen.high, clopper_pearson(2, 100, 0.95).high);
  EXPECT_LT(seen.high, clopper_pearson(3, 100, 0.95).high);
  const Interval tiny = clopper_pearson_effective(1e-4, 0.05, 0.95);
  EXPECT_GE(tiny.low, 0.0);
  EXPECT_GT(tiny.high, 0.99);
  EXPECT_LE(tiny.high, 1.0);
}

/// Share of `runs` simulated runs whose interval holds the true rate.
template <typename Draw>
double coverage(double rate, int runs, Draw draw) {
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    const auto [hits, trials] = draw();
    const Interval seen = clopper_pearson(hits, trials, 0.95);
    if (seen.low <= rate && rate <= seen.high) ++covered;
  }
  return static_cast<double>(covered) / runs;
}

TEST(Interval, CoversTheTrueRateAtLeastAsOftenAsItSays) {
  std::mt19937_64 random(1);
  for (const double rate : {0.0005, 0.003, 0.02, 0.3}) {
    std::binomial_distribution<std::uint64_t> hits(1000, rate);
    const double seen =
        coverage(rate, 4000, [&] { return std::pair(hits(random), std::uint64_t{1000}); });
    EXPECT_GE(seen, 0.943) << rate;  // 0.95 less two standard errors of 4000 runs
  }
}

TEST(Interval, StillCoversWhenTheRunStopsAtItsThirdHit) {
  std::mt19937_64 random(2);
  for (const double rate : {0.001, 0.05, 0.4}) {
    std::negative_binomial_distribution<std::uint64_t> misses(3, rate);
    const double seen =
        coverage(rate, 4000, [&] { return std::pair(std::uint64_t{3}, misses(random) + 3); });
    EXPECT_GE(seen, 0.943) << rate;
  }
}

TEST(ExcludedRate, IsExactForSmallAndForVeryManyTrials) {
  expect_close(excluded_rate(1, 0.95), 0.95, 1e-14);
  expect_close(excluded_rate(59, 0.95), 0.049507609888226944, 1e-13);
  expect_close(excluded_rate(10000, 0.95), 0.00029952835977661201, 1e-13);
  expect_close(excluded_rate(1000000000, 0.95), 2.9957322690667851e-09, 1e-13);
  expect_close(excluded_rate(1000000000000, 0.95), 2.995732273549504e-12, 1e-13);
}

TEST(TrialsToExclude, IsTheSmallestNumberThatExcludesTheRate) {
  EXPECT_EQ(trials_to_exclude(0.5, 0.95), 5U);
  EXPECT_EQ(trials_to_exclude(0.05, 0.95), 59U);
  EXPECT_EQ(trials_to_exclude(0.001, 0.95), 2995U);
  EXPECT_EQ(trials_to_exclude(0.0003, 0.95), 9985U);
  EXPECT_EQ(trials_to_exclude(1e-9, 0.95), 2995732273U);
  EXPECT_EQ(trials_to_exclude(1e-12, 0.95), 2995732273553U);
  for (std::uint64_t trials = 1; trials < 3000; ++trials) {
    ASSERT_EQ(trials_to_exclude(excluded_rate(trials, 0.95), 0.95), trials);
  }
}

TEST(TrialsToExclude, IsOneForCertaintyAndUnreachableForZero) {
  EXPECT_EQ(trials_to_exclude(1.0, 0.95), 1U);
  EXPECT_EQ(trials_to_exclude(0.99, 0.95), 1U);
  EXPECT_EQ(trials_to_exclude(0.0, 0.95), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(trials_to_exclude(1e-30, 0.95), std::numeric_limits<std::uint64_t>::max());
  EXPECT_GT(trials_to_exclude(1e-17, 0.95), std::uint64_t{1} << 53);
}

}  // namespace
}  // namespace hangrate
