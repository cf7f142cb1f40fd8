// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/rate_estimate.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(RateEstimate, SaysNothingWithoutTrials) {
  for (const auto& clusters : {std::vector<Cluster>{}, std::vector<Cluster>{{0, 0}}}) {
    const RateEstimate seen = estimate_rate(clusters, 0.95);
    EXPECT_EQ(seen.method, "none");
    EXPECT_EQ(seen.interval, (Interval{0.0, 1.0}));
    EXPECT_EQ(seen.excluded_rate, 1.0);
    EXPECT_EQ(seen.point, 0.0);
  }
}

TEST(RateEstimate, OfIndependentTrialsIsTheExactInterval) {
  const RateEstimate seen = estimate_rate(std::vector<Cluster>{{200, 1}, {200, 2}}, 0.95);
  EXPECT_EQ(seen.hits, 3U);
  EXPECT_EQ(seen.trials, 400U);
  EXPECT_DOUBLE_EQ(seen.point, 0.0075);
  EXPECT_EQ(seen.method, "clopper-pearson");
  EXPECT_EQ(seen.interval, clopper_pearson(3, 400, 0.95));
  EXPECT_EQ(seen.effective_trials, 400.0);
  EXPECT_FALSE(seen.dispersion.overdispersed);
}

TEST(RateEstimate, OfACleanRunExcludesWhatItsTrialsExclude) {
  const RateEstimate seen = estimate_rate(std::vector<Cluster>{{6000, 0}, {4000, 0}}, 0.95);
  EXPECT_FALSE(seen.dispersion.tested);
  EXPECT_EQ(seen.interval.low, 0.0);
  EXPECT_EQ(seen.excluded_rate, excluded_rate(10000, 0.95));
}

TEST(RateEstimate, OfABurstIsWiderThanTheBinomialOne) {
  std::vector<Cluster> clusters(32, Cluster{100, 0});
  clusters[7].hits = 12;
  clusters[8].hits = 5;
  const RateEstimate seen = estimate_rate(clusters, 0.95);
  const Interval binomial = clopper_pearson(17, 3200, 0.95);
  EXPECT_EQ(seen.method, "korn-graubard");
  EXPECT_LT(seen.effective_trials, 3200.0 / seen.dispersion.design_effect);
  EXPECT_LT(seen.interval.low, binomial.low);
  EXPECT_GT(seen.interval.high, binomial.high);
  EXPECT_GT(seen.excluded_rate, excluded_rate(3200, 0.95));
}

TEST(RateEstimate, SurvivesTwoClustersThatDisagreeCompletely) {
  const RateEstimate seen = estimate_rate(std::vector<Cluster>{{500, 500}, {500, 0}}, 0.95);
  EXPECT_TRUE(seen.dispersion.overdispersed);
  EXPECT_NEAR(seen.dispersion.rho, 1.0, 1e-12);
  EXPECT_GE(seen.interval.low, 0.0);
  EXPECT_LT(seen.interval.low, 0.05);
  EXPECT_GT(seen.interval.high, 0.95);
  EXPECT_LE(seen.interval.high, 1.0);
}

TEST(RateEstimate, OfClustersThatDisagreeCountsAtLeastEachClusterAsATrial) {
  const RateEstimate two = estimate_rate(std::vector<Cluster>{{25, 25}, {25, 0}}, 0.95);
  EXPECT_TRUE(two.dispersion.overdispersed);
  EXPECT_NEAR(two.effective_trials, 2.0, 1e-9);
  EXPECT_NEAR(two.interval.low, clopper_pearson(1, 2, 0.95).low, 1e-9);
  const RateEstimate uneven = estimate_rate(std::vector<Cluster>{{90, 90}, {10, 0}}, 0.95);
  EXPECT_NEAR(uneven.effective_trials, 100.0 * 100.0 / (90.0 * 90.0 + 10.0 * 10.0), 1e-9);
}

/// The floor must not cost coverage where it binds: a few clusters that are all or nothing.
TEST(RateEstimate, OfAFewAllOrNothingClustersStillCovers) {
  std::mt19937_64 random(5);
  for (const double rate : {0.1, 0.5}) {
    for (const std::size_t boots : {2U, 3U, 6U}) {
      int covered = 0;
      for (int run = 0; run < 400; ++run) {
        std::vector<Cluster> clusters(boots, Cluster{25, 0});
        for (Cluster& cluster : clusters) {
          cluster.hits = std::bernoulli_distribution(rate)(random) ? 25 : 0;
        }
        const RateEstimate seen = estimate_rate(clusters, 0.95);
        const bool same = seen.hits == 0 || seen.hits == seen.trials;  // says nothing of a spread
        if (same || (seen.interval.low <= rate && rate <= seen.interval.high)) ++covered;
      }
      EXPECT_GE(covered, 380) << rate << " " << boots;
    }
  }
}

TEST(RateEstimate, HoldsForATrillionTrials) {
  std::vector<Cluster> clusters(64, Cluster{15'625'000'000, 0});
  clusters[3].hits = 40;
  const RateEstimate seen = estimate_rate(clusters, 0.95);
  EXPECT_EQ(seen.method, "korn-graubard");
  EXPECT_GT(seen.interval.low, 0.0);
  EXPECT_LT(seen.interval.low, seen.point);
  EXPECT_GT(seen.interval.high, seen.point);
  EXPECT_LT(seen.interval.high, 1e-9);
}

/// Shares of runs whose interval, and whose plain binomial interval, holds the true rate.
struct Coverage {
  double estimate = 0.0;
  double binomial = 0.0;
};

Coverage coverage(double rate, double rho, int runs) {
  std::mt19937_64 random(9);
  const double weight = 1.0 / rho - 1.0;
  std::gamma_distribution<double> a(rate * weight, 1.0);
  std::gamma_distribution<double> b((1.0 - rate) * weight, 1.0);
  Coverage covered;
  for (int run = 0; run < runs; ++run) {
    std::vector<Cluster> clusters(64, Cluster{200, 0});
    for (Cluster& cluster : clusters) {
      const double x = a(random);
      const double own = x / (x + b(random));
      cluster.hits = std::binomial_distribution<std::uint64_t>(cluster.trials, own)(random);
    }
    const RateEstimate seen = estimate_rate(clusters, 0.95);
    const Interval binomial = clopper_pearson(seen.hits, seen.trials, 0.95);
    if (seen.interval.low <= rate && rate <= seen.interval.high) covered.estimate += 1.0 / runs;
    if (binomial.low <= rate && rate <= binomial.high) covered.binomial += 1.0 / runs;
  }
  return covered;
}

TEST(RateEstimate, CoversBurstsThatABinomialIntervalMisses) {
  for (const double rate : {0.005, 0.05, 0.4}) {
    const Coverage seen = coverage(rate, 0.05, 200);
    EXPECT_GE(seen.estimate, 0.90) << rate;
    EXPECT_LE(seen.binomial, 0.75) << rate;
  }
}

}  // namespace
}  // namespace hangrate
