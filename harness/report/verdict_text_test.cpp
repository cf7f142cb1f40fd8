// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/verdict_text.h"

#include <gtest/gtest.h>

#include "harness/testing/made_tally.h"

namespace hangrate {
namespace {

using namespace testing;  // Counts, tally_of, ...

constexpr double kReference = 0.001;

std::string explained(Expectation expectation, const Counts& counts) {
  const CellCase seen{.expectation = expectation,
                      .tally = tally_of(counts),
                      .search = {},
                      .reference_rate = kReference,
                      .excluded_over_boots = {}};
  return verdict_sentence(seen, judge_cell(seen), estimate_of(seen.tally));
}

constexpr Expectation kAll[] = {Expectation::Affected,    Expectation::Fixed,
                                Expectation::AlwaysHangs, Expectation::NeverHangs,
                                Expectation::Lookalike,   Expectation::Measures,
                                Expectation::Unknown};

TEST(Explanation, SaysWhatACleanRunWouldHaveSeen) {
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 10000}),
            "fixed and clean: 0/10000, would have seen p >= 0.0003 with 95 %");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 10000, .inconclusive = 1}),
            "fixed and clean: 0/10000, would have seen p >= 0.000475 with 95 %; "
            "could hide a hit: 1 inconclusive");
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 10000}),
            "affected but clean: 0/10000 excludes p >= 0.0003 with 95 %, and p >= 0.001 was "
            "expected");
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 100}),
            "weak: 0/100 excludes only p >= 0.0296 with 95 %; 0.001 takes 2995 trials");
  EXPECT_EQ(explained(Expectation::Unknown, {.clean = 100}),
            "what is right for this kernel is not known: 0 hits in 100 trials");
}

TEST(Explanation, SaysHowOftenItHappened) {
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 397, .match = 3}),
            "reproduced: 3 hits in 400 trials, p = 0.0075 (0.00154 .. 0.0218 with 95 %)");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 399, .anomaly = 1}),
            "regression: 1 anomaly in 400 trials where none was expected, p = 0.0025 "
            "(6.32e-05 .. 0.0139 with 95 %)");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 399, .other = 1}),
            "unexpected: 1 hang that is not this bug, next to 0 hits in 400 trials");
}

TEST(Explanation, SaysWhatTheControlsDid) {
  EXPECT_EQ(explained(Expectation::AlwaysHangs, {.match = 20}),
            "positive control held: 20/20 hung as declared");
  EXPECT_EQ(explained(Expectation::AlwaysHangs, {.clean = 1, .match = 19}),
            "positive control broken: only 19/20 hung as declared");
  EXPECT_EQ(explained(Expectation::NeverHangs, {.clean = 3000}),
            "negative control held: 0/3000 hung, would have seen p >= 0.000999 with 95 %");
  EXPECT_EQ(explained(Expectation::NeverHangs, {.clean = 20, .match = 1}),
            "negative control broken: 1 hit in 21 trials");
  EXPECT_EQ(explained(Expectation::Lookalike, {.other = 20}),
            "lookalike held: 20 trials stood still as declared, none was taken for this bug");
  EXPECT_EQ(explained(Expectation::Lookalike, {.stuck = 20}),
            "lookalike held: 20 trials stood still as declared, none was taken for this bug");
}

TEST(Explanation, IsThereForEveryVerdictAndExpectation) {
  for (const Expectation expectation : kAll) {
    for (const Counts& counts :
         {Counts{}, Counts{.clean = 5}, Counts{.match = 5}, Counts{.other = 5},
          Counts{.skipped = 5}, Counts{.infra = 5}, Counts{.inconclusive = 5}}) {
      EXPECT_GT(explained(expectation, counts).size(), 10U);
    }
  }
}

TEST(Search, WhatOnlyTheSearchFoundIsSaidApart) {
  const CellCase seen{.expectation = Expectation::Fixed,
                      .tally = search_with(1000, 0),
                      .search = search_with(299, 1),
                      .reference_rate = 0.5,
                      .excluded_over_boots = {}};
  const std::string text = verdict_sentence(seen, judge_cell(seen), estimate_of(seen.tally));
  EXPECT_NE(text.find("0 hits in 1000 trials"), std::string::npos) << text;
  EXPECT_NE(text.find("in the search 1 hit in 300 trials"), std::string::npos) << text;
}

}  // namespace
}  // namespace hangrate
