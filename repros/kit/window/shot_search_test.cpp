// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/window/shot_search.h"

#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace window {
namespace {

void record(hang_arm& arm, std::uint32_t tries, std::uint32_t hits, std::uint32_t near = 0) {
  arm.tries = tries;
  arm.hits = hits;
  arm.near = near;
}

TEST(ShotSearch, FindsAnArmAgain) {
  hang_search table{};
  ShotSearch search(table);
  hang_arm* arm = search.declare("interrupt", 200);
  ASSERT_NE(arm, nullptr);
  EXPECT_EQ(search.declare("interrupt", 200), arm);
  EXPECT_NE(search.declare("interrupt", 300), arm);
  EXPECT_NE(search.declare("herd", 200), arm);
  EXPECT_EQ(table.count, 3u);
  EXPECT_STREQ(arm->shot.plan, "interrupt");
  EXPECT_EQ(arm->shot.delay_ns, 200);
}

TEST(ShotSearch, AFullTableTakesNoMore) {
  hang_search table{};
  ShotSearch search(table);
  for (std::size_t i = 0; i < HANG_MOST_ARMS; ++i) {
    ASSERT_NE(search.declare("x", static_cast<Nanos>(i)), nullptr);
  }
  EXPECT_EQ(search.declare("x", 1000), nullptr);
  EXPECT_NE(search.declare("x", 5), nullptr);
}

TEST(ShotSearch, ManyWorkersDeclareTheSameArmsOnce) {
  hang_search table{};
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&] {
      ShotSearch search(table);
      for (Nanos delay = 0; delay < 40; ++delay) {
        hang_arm* arm = search.declare("x", delay);
        ASSERT_NE(arm, nullptr);
        arm->tries.fetch_add(1);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  ASSERT_EQ(table.count, 40u);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(table.arms[i].tries, 8u);
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(table.arms[i].shot.delay_ns, table.arms[k].shot.delay_ns);
    }
  }
}

TEST(ShotSearch, AnAppenderThatDiedBlocksNobody) {
  hang_search table{};
  ShotSearch search(table);
  hang_arm* known = search.declare("x", 1);
  table.arms[1].tries = 0xffffffff;  // claimed, never finished
  EXPECT_EQ(search.declare("x", 2), nullptr);
  EXPECT_EQ(search.declare("x", 1), known);
}

TEST(ShotSearch, TriesEveryArmBeforeItTrustsChance) {
  hang_search table{};
  ShotSearch search(table);
  for (Nanos delay = 0; delay < 10; ++delay) search.declare("x", delay);
  record(*search.declare("x", 4), 1000, 1000);
  for (std::uint32_t i = 0; i < 9 * kFirstTries; ++i) {
    Stream rng(1, i);
    search.explore(rng)->tries.fetch_add(1);
  }
  for (std::size_t i = 0; i < 10; ++i) EXPECT_GE(table.arms[i].tries, kFirstTries);
}

TEST(ShotSearch, ComesToUseTheArmThatHits) {
  hang_search table{};
  ShotSearch search(table);
  for (Nanos delay = 0; delay < 20; ++delay) search.declare("x", delay);
  hang_arm* good = search.declare("x", 13);
  Stream world(7, 7);
  for (std::uint64_t trial = 0; trial < 600; ++trial) {
    Stream rng(3, trial);
    hang_arm* arm = search.explore(rng);
    arm->tries.fetch_add(1);
    if (world.next() % 100 < (arm == good ? 60u : 2u)) arm->hits.fetch_add(1);
  }
  EXPECT_GT(good->tries, 300u);
  EXPECT_EQ(search.best(), good);
}

TEST(ShotSearch, NearMissesLeadTheWayWhereNothingHits) {
  hang_search table{};
  ShotSearch search(table);
  record(*search.declare("x", 1), 50, 0, 0);
  hang_arm* near = search.declare("x", 2);
  record(*near, 50, 0, 50);
  EXPECT_EQ(search.best(), near);
  hang_arm* hits = search.declare("x", 3);
  record(*hits, 50, 15);
  EXPECT_EQ(search.best(), hits);
}

TEST(ShotSearch, OfTwoThatAreAsGoodTheOneListedFirstIsUsed) {
  hang_search table{};
  ShotSearch search(table);
  hang_arm* cheap = search.declare("cheap", 0);
  record(*cheap, 29, 29);
  record(*search.declare("dear", 0), 45, 45);
  EXPECT_EQ(search.best(), cheap);
  record(*search.declare("better", 0), 500, 500);
  record(*cheap, 100, 90);
  EXPECT_NE(search.best(), cheap);
}

TEST(ShotSearch, FewTriesAreNotTrusted) {
  hang_search table{};
  ShotSearch search(table);
  record(*search.declare("x", 1), 1, 1);
  hang_arm* proven = search.declare("x", 2);
  record(*proven, 200, 180);
  EXPECT_EQ(search.best(), proven);
}

TEST(ShotSearch, AnArmThatIsOffIsNotUsed) {
  hang_search table{};
  ShotSearch search(table);
  hang_arm* off = search.declare("off", 0);
  record(*off, 100, 100);
  search.turn("off", "the interrupt never came");
  EXPECT_EQ(search.best(), nullptr);
  hang_arm* on = search.declare("on", 0);
  for (std::uint64_t i = 0; i < 50; ++i) {
    Stream rng(1, i);
    EXPECT_EQ(search.explore(rng), on);
  }
  EXPECT_STREQ(off->off, "the interrupt never came");
  search.turn("off", "");
  EXPECT_EQ(search.best(), off);
}

TEST(ShotSearch, WhatIsOffForOneWorkerIsNotOffForAnother) {
  hang_search table{};
  ShotSearch lame(table);
  ShotSearch sound(table);
  hang_arm* good = lame.declare("good", 0);
  hang_arm* fair = lame.declare("fair", 0);
  EXPECT_EQ(sound.declare("good", 0), good);
  EXPECT_EQ(sound.declare("fair", 0), fair);
  record(*good, 100, 95);
  record(*fair, 100, 20);
  lame.turn("good", "no second CPU");
  EXPECT_EQ(lame.best(), fair);
  EXPECT_EQ(sound.best(), good);
}

TEST(ShotSearch, AdoptsWhatTheTableKnowsOfAPlan) {
  hang_search table{};
  ShotSearch earlier(table);
  hang_arm* known = earlier.declare("x", 77);
  record(*known, 100, 90);
  earlier.declare("y", 5);
  ShotSearch search(table);
  EXPECT_EQ(search.best(), nullptr);
  search.adopt("x");
  EXPECT_EQ(search.best(), known);
}

TEST(ShotSearch, TheSameSeedChoosesTheSame) {
  hang_search table{};
  ShotSearch search(table);
  for (Nanos delay = 0; delay < 20; ++delay) record(*search.declare("x", delay), 10, 5);
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    Stream first(9, trial);
    Stream second(9, trial);
    EXPECT_EQ(search.explore(first), search.explore(second));
  }
}

TEST(ShotSearch, BetaHasItsMeanAndVariance) {
  constexpr int kDraws = 20000;
  for (const auto& [a, b] : {std::pair{1.0, 1.0}, {3.0, 9.0}, {1.0, 50.0}}) {
    Stream rng(5, 5);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = draw_beta(rng, a, b);
      sum += x;
      squares += x * x;
    }
    const double mean = a / (a + b);
    const double variance = a * b / ((a + b) * (a + b) * (a + b + 1));
    const double error = std::sqrt(variance / kDraws);
    EXPECT_NEAR(sum / kDraws, mean, 5 * error);
    EXPECT_NEAR(squares / kDraws - (sum / kDraws) * (sum / kDraws), variance, 0.1 * variance);
  }
}

}  // namespace
}  // namespace window
