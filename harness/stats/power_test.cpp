// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/power.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "harness/stats/smallest.h"

namespace hangrate {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// P(Bin(n, p) <= k) summed term by term.
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

TEST(Power, WithoutDoubtIsTheRateThatACleanRunExcludes) {
  for (const std::uint64_t trials : {0ULL, 1ULL, 59ULL, 1000ULL, 1'000'000'000'000ULL}) {
    EXPECT_EQ(excluded_rate(0, trials, 0.95), excluded_rate(trials, 0.95));
  }
  for (const double rate : {1.0, 0.5, 0.001, 1e-12, 0.0}) {
    EXPECT_EQ(trials_to_exclude(rate, 0.95, 0), trials_to_exclude(rate, 0.95));
  }
}

TEST(Power, EveryPossibleHitCostsSome) {
  double before = excluded_rate(0, 1000, 0.95);
  for (std::uint64_t possible = 1; possible < 1000; possible += 37) {
    const double now = excluded_rate(possible, 1000, 0.95);
    EXPECT_GT(now, before);
    before = now;
  }
  EXPECT_EQ(excluded_rate(1000, 1000, 0.95), 1.0);
  EXPECT_EQ(excluded_rate(7, 3, 0.95), 1.0);
  EXPECT_EQ(excluded_rate(3, 0, 0.95), 1.0);
}

TEST(Power, HasExactlyTheTailProbability) {
  for (const std::uint64_t trials : {10ULL, 1000ULL, 100'000ULL}) {
    for (const std::uint64_t possible : {1ULL, 2ULL, 9ULL}) {
      for (const double confidence : {0.3, 0.95, 0.999}) {
        const double rate = excluded_rate(possible, trials, confidence);
        EXPECT_NEAR(binomial_cdf(possible, trials, rate), 1.0 - confidence, 1e-7);
      }
    }
  }
}

TEST(Power, TakesTheSmallestNumberOfTrialsThatExcludesTheRate) {
  for (const double rate : {0.5, 0.1, 0.01, 0.001, 1e-6}) {
    for (const std::uint64_t possible : {1ULL, 2ULL, 5ULL, 40ULL}) {
      const std::uint64_t trials = trials_to_exclude(rate, 0.95, possible);
      EXPECT_LE(excluded_rate(possible, trials, 0.95), rate);
      EXPECT_GT(excluded_rate(possible, trials - 1, 0.95), rate);
      EXPECT_LE(binomial_cdf(possible, trials, rate), 0.05 + 1e-9);
      EXPECT_GT(binomial_cdf(possible, trials - 1, rate), 0.05 - 1e-9);
    }
  }
  // 4.7439 / p for one doubtful trial, 2.9957 / p for none.
  EXPECT_EQ(trials_to_exclude(0.001, 0.95, 1), 4742U);
}

TEST(Power, NeverEndsForWhatNoNumberOfTrialsExcludes) {
  EXPECT_EQ(trials_to_exclude(0.0, 0.95, 3), kNever);
  EXPECT_EQ(trials_to_exclude(1e-30, 0.95, 3), kNever);
  EXPECT_EQ(trials_to_exclude(1.0, 0.95, 3), 1U);
}

TEST(SmallestThat, FindsTheEdgeWhereverItIs) {
  for (const std::uint64_t edge :
       std::initializer_list<std::uint64_t>{0, 1, 2, 3, 1000, kNever / 2, kNever - 1, kNever}) {
    const auto reached = [&](std::uint64_t n) { return n >= edge; };
    EXPECT_EQ(smallest_that(0, reached), edge);
    EXPECT_EQ(smallest_that(edge / 2, reached), edge);
  }
  EXPECT_EQ(smallest_that(5, [](std::uint64_t) { return true; }), 5U);
  EXPECT_EQ(smallest_that(5, [](std::uint64_t) { return false; }), kNever);
}

}  // namespace
}  // namespace hangrate
