// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/dispersion.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Random = std::mt19937_64;

std::vector<Cluster> equal_blocks(std::size_t blocks, std::uint64_t trials) {
  return std::vector<Cluster>(blocks, Cluster{trials, 0});
}

void draw_binomial(std::vector<Cluster>& clusters, double rate, Random& random) {
  for (Cluster& cluster : clusters) {
    cluster.hits = std::binomial_distribution<std::uint64_t>(cluster.trials, rate)(random);
  }
}

/// Every cluster has its own rate, Beta(a, b) with mean `rate` and intra-cluster correlation `rho`.
void draw_beta_binomial(std::vector<Cluster>& clusters, double rate, double rho, Random& random) {
  const double weight = 1.0 / rho - 1.0;
  std::gamma_distribution<double> a(rate * weight, 1.0);
  std::gamma_distribution<double> b((1.0 - rate) * weight, 1.0);
  for (Cluster& cluster : clusters) {
    const double x = a(random);
    const double own = x / (x + b(random));
    cluster.hits = std::binomial_distribution<std::uint64_t>(cluster.trials, own)(random);
  }
}

/// Share of `runs` runs in which the test fires.
template <typename Draw>
double fire_rate(int runs, Draw draw) {
  int fired = 0;
  for (int run = 0; run < runs; ++run) {
    if (test_dispersion(draw()).overdispersed) ++fired;
  }
  return static_cast<double>(fired) / runs;
}

TEST(Dispersion, EqualsValuesComputedWithExactFractions) {
  const std::vector<Cluster> clusters = {{20, 3}, {20, 0}, {20, 7}, {25, 1}, {15, 6}, {30, 2}};
  const DispersionResult seen = test_dispersion(clusters);
  EXPECT_TRUE(seen.tested);
  EXPECT_NEAR(seen.z, 3.8600692486092885, 1e-12);
  EXPECT_NEAR(seen.rho, 0.15522977936238758, 1e-12);
  EXPECT_NEAR(seen.design_effect, 4.367292136937945, 1e-12);
  EXPECT_TRUE(seen.overdispersed);
}

TEST(Dispersion, PValueEqualsTheEnumeratedOneOfAllPlacements) {
  const auto p_value = [](std::vector<Cluster> clusters) {
    return test_dispersion(clusters).p_value;
  };
  // Exact by enumeration; 1999 draws leave a standard error of sqrt(p (1 - p) / 1999).
  EXPECT_NEAR(p_value({{10, 4}, {10, 0}, {10, 0}, {10, 1}}), 0.03982930, 0.013);
  EXPECT_NEAR(p_value({{10, 4}, {10, 1}, {10, 0}, {10, 0}}), 0.02068060, 0.009);
  EXPECT_NEAR(p_value({{5, 5}, {5, 2}, {4, 0}, {6, 6}}), 0.00072239, 0.002);
  EXPECT_NEAR(p_value({{8, 3}, {12, 0}, {10, 0}, {3, 1}}), 0.02377810, 0.011);
  EXPECT_EQ(p_value({{10, 2}, {10, 1}, {10, 1}, {10, 1}}), 1.0);
}

TEST(Dispersion, TellsPlacementsThatSpreadAlikeApartByHowNearTheHitsAre) {
  const auto with_hits_in = [](std::initializer_list<std::size_t> blocks) {
    std::vector<Cluster> clusters = equal_blocks(64, 20);
    for (const std::size_t block : blocks) ++clusters[block].hits;
    return test_dispersion(clusters);
  };
  EXPECT_TRUE(with_hits_in({30, 31}).overdispersed);
  EXPECT_FALSE(with_hits_in({10, 50}).overdispersed);
  EXPECT_EQ(with_hits_in({30, 31}).z, with_hits_in({10, 50}).z);
  EXPECT_LT(with_hits_in({7, 7}).p_value, with_hits_in({30, 31}).p_value)
      << "the spread goes first";
}

TEST(Dispersion, GivesTheSameAnswerTwice) {
  const std::vector<Cluster> clusters = {{100, 4}, {100, 0}, {100, 0}, {77, 1}};
  EXPECT_EQ(test_dispersion(clusters), test_dispersion(clusters));
}

TEST(Dispersion, CannotBeTestedWithoutTwoHitsTwoMissesAndTwoClusters) {
  const auto tested = [](std::vector<Cluster> clusters) {
    return test_dispersion(clusters).tested;
  };
  EXPECT_FALSE(tested({}));
  EXPECT_FALSE(tested({{0, 0}, {0, 0}}));
  EXPECT_FALSE(tested({{1000, 12}}));
  EXPECT_FALSE(tested({{1000, 12}, {0, 0}}));
  EXPECT_FALSE(tested({{1000, 1}, {1000, 0}}));
  EXPECT_FALSE(tested({{1000, 1000}, {1000, 999}}));
  EXPECT_FALSE(tested({{1, 1}, {1, 0}, {1, 1}, {1, 0}}));
  EXPECT_TRUE(tested({{1000, 1}, {1000, 1}}));
}

TEST(Dispersion, TreatsMissesAsItTreatsHits) {
  const std::vector<Cluster> hits = {{50, 6}, {40, 0}, {50, 1}, {30, 0}};
  const std::vector<Cluster> misses = {{50, 44}, {40, 40}, {50, 49}, {30, 30}};
  const DispersionResult of_hits = test_dispersion(hits);
  const DispersionResult of_misses = test_dispersion(misses);
  EXPECT_NEAR(of_hits.z, of_misses.z, 1e-9);
  EXPECT_EQ(of_hits.p_value, of_misses.p_value);
  EXPECT_NEAR(of_hits.rho, of_misses.rho, 1e-9);
}

TEST(Dispersion, FiresNoMoreOftenThanItsLevelOnIndependentRareHits) {
  Random random(3);
  std::vector<Cluster> clusters = equal_blocks(64, 157);
  for (const double hits : {3.0, 5.0, 20.0, 100.0}) {
    const double fired = fire_rate(400, [&]() -> const std::vector<Cluster>& {
      draw_binomial(clusters, hits / (64.0 * 157.0), random);
      return clusters;
    });
    EXPECT_LE(fired, 0.05 + 2.5 * std::sqrt(0.05 * 0.95 / 400.0)) << hits;
  }
}

TEST(Dispersion, NormalTailOfZWouldFireThreeTimesTooOftenOnFiveHits) {
  Random random(4);
  constexpr double normal_95 = 1.6448536269514722;
  int fired = 0;
  constexpr int runs = 400;
  for (int run = 0; run < runs; ++run) {
    std::vector<Cluster> clusters = equal_blocks(64, 1000);
    for (int hit = 0; hit < 5; ++hit) ++clusters[random() % 64].hits;
    if (test_dispersion(clusters).z > normal_95) ++fired;
  }
  // Some pair of 5 hits shares one of 64 blocks: 1 - 63*62*61*60 / 64^4 = 0.148.
  EXPECT_NEAR(static_cast<double>(fired) / runs, 0.148, 0.054);
}

TEST(Dispersion, KeepsItsLevelOnManyHitsAndUnequalClusters) {
  Random random(5);
  for (const std::size_t blocks : {2U, 5U, 64U}) {
    std::vector<Cluster> clusters;
    for (std::size_t i = 0; i < blocks; ++i) clusters.push_back({20000 + 700 * i, 0});
    const double fired = fire_rate(4000, [&]() -> const std::vector<Cluster>& {
      draw_binomial(clusters, 0.1, random);
      return clusters;
    });
    EXPECT_NEAR(fired, 0.05, 4.0 * std::sqrt(0.05 * 0.95 / 4000.0)) << blocks;
  }
}

TEST(Dispersion, PlacementsAndChiSquaredAgreeWhereTheyMeet) {
  std::vector<Cluster> clusters = equal_blocks(32, 5000);
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    clusters[i].hits = 16 + (i * 7) % 15 - 7;
    hits += clusters[i].hits;
  }
  clusters[0].hits += 512 - hits;
  const double placed = test_dispersion(clusters).p_value;
  ++clusters[3].hits;
  const double chi_squared = test_dispersion(clusters).p_value;
  EXPECT_GT(placed, 0.01);
  EXPECT_LT(placed, 0.4);
  EXPECT_NEAR(placed, chi_squared, 0.05);
}

TEST(Dispersion, SeesBurstsOfABetaBinomial) {
  Random random(6);
  std::vector<Cluster> clusters = equal_blocks(64, 200);
  const auto power = [&](double rate, double rho) {
    return fire_rate(100, [&]() -> const std::vector<Cluster>& {
      draw_beta_binomial(clusters, rate, rho, random);
      return clusters;
    });
  };
  EXPECT_GE(power(0.01, 0.02), 0.95);
  EXPECT_GE(power(0.002, 0.05), 0.80);
  EXPECT_GE(power(0.3, 0.01), 0.95);
}

TEST(Dispersion, RecoversTheIntraClusterCorrelation) {
  Random random(7);
  double sum = 0.0;
  constexpr int runs = 60;
  for (int run = 0; run < runs; ++run) {
    std::vector<Cluster> clusters = equal_blocks(64, 100);
    draw_beta_binomial(clusters, 0.2, 0.05, random);
    sum += test_dispersion(clusters).rho;
  }
  EXPECT_NEAR(sum / runs, 0.05, 0.005);
}

/// The trials of one run, true = hit: bursts, a rate of 0.2 for 100 trials, then 0.002 for 900.
std::vector<bool> bursty_run(Random& random) {
  std::vector<bool> trials;
  for (int trial = 0; trial < 5000; ++trial) {
    const double rate = trial % 1000 < 100 ? 0.2 : 0.002;
    trials.push_back(std::bernoulli_distribution(rate)(random));
  }
  return trials;
}

std::vector<Cluster> blocks_of(const std::vector<bool>& trials, std::uint64_t size) {
  std::vector<Cluster> clusters((trials.size() + size - 1) / size);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    ++clusters[i / size].trials;
    if (trials[i]) ++clusters[i / size].hits;
  }
  return clusters;
}

std::vector<Cluster> workers_of(const std::vector<bool>& trials) {
  std::vector<Cluster> clusters(1);
  for (const bool hit : trials) {
    ++clusters.back().trials;
    if (!hit) continue;
    clusters.back().hits = 1;
    clusters.emplace_back();
  }
  return clusters;
}

/// Independent trials at about the same mean rate.
std::vector<bool> even_run(Random& random) {
  std::vector<bool> trials(5000);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i] = std::bernoulli_distribution(0.0218)(random);
  }
  return trials;
}

TEST(Dispersion, OfClustersThatEndAtTheirFirstHitIsThatOfTheCutNotOfTheTrials) {
  Random random(8);
  double even_blocks = 0.0;
  double even_workers = 0.0;
  double bursty_blocks = 0.0;
  double bursty_workers = 0.0;
  constexpr int runs = 10;
  for (int run = 0; run < runs; ++run) {
    const std::vector<bool> even = even_run(random);
    const std::vector<bool> bursty = bursty_run(random);
    even_blocks += test_dispersion(blocks_of(even, 79)).design_effect / runs;
    even_workers += test_dispersion(workers_of(even)).design_effect / runs;
    bursty_blocks += test_dispersion(blocks_of(bursty, 79)).design_effect / runs;
    bursty_workers += test_dispersion(workers_of(bursty)).design_effect / runs;
  }
  EXPECT_LT(even_blocks, 1.3);
  EXPECT_GT(even_workers, 3.0);
  EXPECT_GT(bursty_blocks, 3.0);
  EXPECT_GT(bursty_workers, 5.0 * bursty_blocks);
}

}  // namespace
}  // namespace hangrate
