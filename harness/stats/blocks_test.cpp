// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/blocks.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

std::uint64_t trials_in(const TrialBlocks& blocks) {
  std::uint64_t sum = 0;
  for (const Cluster& cluster : blocks.clusters()) sum += cluster.trials;
  return sum;
}

std::uint64_t hits_in(const TrialBlocks& blocks) {
  std::uint64_t sum = 0;
  for (const Cluster& cluster : blocks.clusters()) sum += cluster.hits;
  return sum;
}

TEST(TrialBlocks, HasNoClustersBeforeTheFirstTrial) {
  EXPECT_TRUE(TrialBlocks().clusters().empty());
  EXPECT_TRUE(TrialBlocks(0).clusters().empty());
  TrialBlocks blocks(1000);
  blocks.add(5, 0);
  EXPECT_TRUE(blocks.clusters().empty());
}

TEST(TrialBlocks, CutsThePlannedTrialsIntoAtMostSixtyFourEqualBlocks) {
  TrialBlocks blocks(10000);
  EXPECT_EQ(blocks.block_size(), 157U);
  blocks.add(0, 10000);
  const std::vector<Cluster> clusters = blocks.clusters();
  ASSERT_EQ(clusters.size(), 64U);
  EXPECT_EQ(clusters.front().trials, 157U);
  EXPECT_EQ(clusters.back().trials, 10000U - 63U * 157U);
  EXPECT_EQ(blocks.block_size(), 157U);
}

TEST(TrialBlocks, KeepsAFewTrialsTogetherInAShortRun) {
  TrialBlocks blocks(40);
  blocks.add(0, 40);
  EXPECT_EQ(blocks.clusters().size(), 5U);
}

TEST(TrialBlocks, PutsAHitIntoTheBlockOfItsIndex) {
  TrialBlocks blocks(6400);
  blocks.add(0, 6400);
  blocks.add_hit(99);
  blocks.add_hit(100);
  blocks.add_hit(6399);
  const std::vector<Cluster> clusters = blocks.clusters();
  EXPECT_EQ(clusters[0], (Cluster{100, 1}));
  EXPECT_EQ(clusters[1], (Cluster{100, 1}));
  EXPECT_EQ(clusters[63], (Cluster{100, 1}));
}

TEST(TrialBlocks, SkipsBlocksWithoutConclusiveTrials) {
  TrialBlocks blocks(6400);
  blocks.add(150, 100);
  EXPECT_EQ(blocks.clusters(), (std::vector<Cluster>{{50, 0}, {50, 0}}));
}

TEST(TrialBlocks, CountsAHitWhoseTrialIsStillToCome) {
  TrialBlocks blocks(6400);
  blocks.add_hit(42);
  EXPECT_EQ(blocks.clusters(), (std::vector<Cluster>{{1, 1}}));
  blocks.add(0, 100);
  EXPECT_EQ(blocks.clusters(), (std::vector<Cluster>{{100, 1}}));
}

TEST(TrialBlocks, JoinsNeighboursWhenTheRunOutgrowsThePlan) {
  TrialBlocks blocks(6400);
  for (std::uint64_t i = 0; i < 64; ++i) {
    blocks.add(i * 100, 100);
    if (i % 3 == 0) blocks.add_hit(i * 100);
  }
  blocks.add(6400, 1);
  const std::vector<Cluster> clusters = blocks.clusters();
  EXPECT_EQ(blocks.block_size(), 200U);
  ASSERT_EQ(clusters.size(), 33U);
  EXPECT_EQ(clusters[0], (Cluster{200, 1}));
  EXPECT_EQ(clusters[1], (Cluster{200, 1}));
  EXPECT_EQ(clusters[2], (Cluster{200, 0}));
  EXPECT_EQ(clusters[32], (Cluster{1, 0}));
}

TEST(TrialBlocks, LosesNothingHoweverFarItGrowsAndInWhateverOrder) {
  std::mt19937_64 random(11);
  TrialBlocks blocks;
  std::uint64_t trials = 0;
  std::uint64_t hits = 0;
  std::vector<std::uint64_t> batches(3000);
  std::iota(batches.begin(), batches.end(), 0);
  std::shuffle(batches.begin(), batches.end(), random);
  for (const std::uint64_t batch : batches) {
    const std::uint64_t count = 1 + random() % 37;
    blocks.add(batch * 37, count);
    trials += count;
    if (random() % 5 == 0) {
      blocks.add_hit(batch * 37);
      ++hits;
    }
    ASSERT_LE(blocks.clusters().size(), TrialBlocks::kMost);
  }
  EXPECT_EQ(trials_in(blocks), trials);
  EXPECT_EQ(hits_in(blocks), hits);
  EXPECT_GT(blocks.clusters().size(), TrialBlocks::kMost / 2 - 1);
}

TEST(TrialBlocks, TakesTheHighestIndexThereIs) {
  TrialBlocks blocks(3);
  blocks.add(0, 3);
  blocks.add(std::numeric_limits<std::uint64_t>::max(), 1);
  EXPECT_EQ(trials_in(blocks), 4U);
  TrialBlocks odd(std::uint64_t{3} << 61);
  odd.add(0, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(trials_in(odd), std::numeric_limits<std::uint64_t>::max());
}

TEST(TrialBlocks, WithoutSomeHitsLacksTheirTrialsAndNothingElse) {
  TrialBlocks blocks(32);
  blocks.add(0, 17);
  for (const std::uint64_t hit : {3U, 9U, 16U}) blocks.add_hit(hit);
  EXPECT_EQ(blocks.clusters_without({}), blocks.clusters());
  const std::vector<std::uint64_t> last = {9, 16};
  EXPECT_EQ(blocks.clusters_without(last), (std::vector<Cluster>{{8, 1}, {7, 0}}));
  EXPECT_EQ(blocks.clusters(), (std::vector<Cluster>{{8, 1}, {8, 1}, {1, 1}}));
}

}  // namespace
}  // namespace hangrate
