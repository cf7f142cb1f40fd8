// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/search_memory.h"

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

TrialRecord hit(std::uint64_t trial, const char* plan, Nanos delay_ns) {
  TrialRecord record{.verdict = {.outcome = Outcome::Hang, .signature = SignatureMatch::Match}};
  record.observation.trial = trial;
  record.observation.shot = {plan, delay_ns};
  return record;
}

CellEndRecord end_with(std::vector<ArmFact> arms) {
  CellEndRecord end;
  end.search = std::move(arms);
  return end;
}

TEST(SearchMemory, TheTableThatChoseTheMeasuredArmStays) {
  SearchMemory memory(100);
  memory.apply(end_with({arm("herd", 1, 10, 1)}));
  EXPECT_EQ(memory.arms()[0].plan, "herd");
  memory.apply(SearchRecord{0, {arm("interrupt", 2, 100, 41)}});
  memory.apply(end_with({arm("interrupt", 2, 1100, 41), arm("herd", 1, 10, 9)}));
  EXPECT_EQ(memory.arms(), (std::vector{arm("interrupt", 2, 100, 41)}));
}

TEST(SearchMemory, ALostTableIsMadeFromTheHitsAndFlattersNone) {
  SearchMemory memory(100, {arm("herd", 5, 10, 2)});
  memory.apply(BatchRecord{.first = 0, .count = 40});
  memory.apply(hit(40, "interrupt", 2));
  memory.apply(hit(41, "interrupt", 2));
  memory.apply(hit(42, "herd", 5));
  memory.apply(hit(100, "interrupt", 2));  // measured
  memory.apply(BatchRecord{.first = 90, .count = 1000});
  const auto arms = memory.arms();
  ASSERT_EQ(arms.size(), 2u);
  EXPECT_EQ(arms[0].hits, 3u) << "those it began with, and one";
  EXPECT_EQ(arms[1].hits, 2u);
  EXPECT_EQ(arms[0].tries + arms[1].tries, 10u + 3 + 2 * (50 / 2 + 1));
}

TEST(SearchMemory, HitsBehindTheLastTableAreAddedToIt) {
  SearchMemory memory(100);
  memory.apply(hit(1, "herd", 5));
  memory.apply(end_with({arm("herd", 5, 10, 3)}));
  memory.apply(hit(2, "herd", 5));
  const auto arms = memory.arms();
  ASSERT_EQ(arms.size(), 1u);
  EXPECT_EQ(arms[0].hits, 4u) << "the table has the first one";
}

TEST(SearchMemory, TheBestArmIsNotTheOneThatHitOnceInOneTry) {
  const auto best = best_arm({arm("lucky", 1, 1, 1), arm("good", 2, 45, 40), arm("bad", 3, 90, 2)});
  ASSERT_TRUE(best);
  EXPECT_EQ(best->plan, "good");
  EXPECT_FALSE(best_arm({arm("bad", 3, 90, 0)}));
  ArmFact off = arm("off", 1, 50, 50);
  off.off = "no timer";
  EXPECT_FALSE(best_arm({off}));
}

CellSpec widened(const char* how) {
  CellSpec spec;
  spec.repro = "r";
  spec.variant = "v";
  spec.params[kWidenParam] = how;
  return spec;
}

TEST(SearchMemory, HowLongToSearch) {
  EXPECT_EQ(planned_search(CellSpec{}, 100), 0u);
  EXPECT_EQ(planned_search(widened("none"), 100), 0u);
  EXPECT_EQ(planned_search(widened("auto"), std::nullopt), kColdSearch);
  EXPECT_EQ(planned_search(widened("auto"), 7), 7u);
  EXPECT_EQ(planned_search(widened("herd"), std::nullopt), kColdSearch);
  EXPECT_EQ(planned_search(widened("herd"), 7), 7u);
  CellSpec warm = widened("auto");
  warm.warm.arms.resize(1);
  EXPECT_EQ(planned_search(warm, std::nullopt), kWarmSearch);
}

WarmSource source(const char* of, const char* release, const char* preempt, std::uint32_t tries) {
  return {.of = of,
          .release = release,
          .preempt = preempt,
          .repro = "r",
          .variant = "v",
          .params = {},
          .arms = {arm("herd", 1, tries, 1)}};
}

TEST(ChooseWarm, PrefersTheSameKernelThenTheSameModelThenNothing) {
  const CellSpec spec = widened("auto");
  const WarmSource model = source("model", "6.2", "full", 900);
  const WarmSource same = source("same", "6.1", "full", 10);
  const WarmSource other = source("other", "6.1", "none", 900);
  const auto chosen = [&](const std::vector<WarmSource>& sources) {
    return choose_warm(sources, spec, "6.1", "full");
  };
  EXPECT_EQ(chosen({model, same, other}).arms[0].tries, 10u);
  EXPECT_EQ(chosen({other, model}).arms[0].tries, 900u);
  EXPECT_NE(chosen({model}).note.find("another kernel, the same model"), std::string::npos);
  const WarmFact none = chosen({other});
  EXPECT_TRUE(none.arms.empty());
  EXPECT_NE(none.note.find("other preemption models"), std::string::npos) << none.note;
  const WarmSource boots = source("boots", "", "", 1);
  EXPECT_EQ(chosen({same, boots, model}).arms[0].tries, 1u) << "of this very machine";
}

TEST(ChooseWarm, LeavesOutOtherCellsAndArmsThatAreOff) {
  WarmSource mixed = source("x", "6.1", "full", 10);
  mixed.arms.push_back(arm("untried", 2, 0, 0));
  mixed.arms.push_back(arm("off", 3, 5, 1));
  mixed.arms.back().off = "no timer";
  EXPECT_EQ(choose_warm({mixed}, widened("auto"), "6.1", "full").arms.size(), 1u);
  mixed.variant = "w";
  EXPECT_TRUE(choose_warm({mixed}, widened("auto"), "6.1", "full").arms.empty());
}

}  // namespace
}  // namespace hangrate
