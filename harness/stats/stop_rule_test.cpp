// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/stop_rule.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Tally clean(std::uint64_t count) {
  Tally tally;
  tally.add(Outcome::Clean, SignatureMatch::NotApplicable, count);
  return tally;
}

TEST(StopRule, NeverStopsWithNothingSet) {
  EXPECT_EQ(decide({}, clean(1'000'000), 3600 * kSecond), EndReason::None);
}

TEST(StopRule, CountsEveryAttemptedTrial) {
  StopRule rule;
  rule.trials = 10;
  Tally tally = clean(4);
  tally.add(Outcome::Skipped, SignatureMatch::NotApplicable, 3);
  tally.add(Outcome::Infra, SignatureMatch::NotApplicable, 2);
  EXPECT_EQ(decide(rule, tally, 0), EndReason::None);
  tally.add(Outcome::Inconclusive);
  EXPECT_EQ(decide(rule, tally, 0), EndReason::Trials);
}

TEST(StopRule, StopsAtHitsAndAnomaliesButNotAtOtherHangs) {
  StopRule rule;
  rule.hits = 2;
  Tally tally = clean(4);
  tally.add(Outcome::Hang, SignatureMatch::Other, 7);
  tally.add(Outcome::Hang, SignatureMatch::Match);
  EXPECT_EQ(decide(rule, tally, 0), EndReason::None);
  tally.add(Outcome::Anomaly);
  EXPECT_EQ(decide(rule, tally, 0), EndReason::Hits);
}

TEST(StopRule, StopsWhenACleanRunExcludesTheRate) {
  StopRule rule;
  rule.until_excluded = Exclusion{0.001, 0.95};
  EXPECT_EQ(decide(rule, Tally(), 0), EndReason::None);
  EXPECT_EQ(decide(rule, clean(2994), 0), EndReason::None);
  EXPECT_EQ(decide(rule, clean(2995), 0), EndReason::Excluded);
}

TEST(StopRule, AHitEndsTheRunWhereACleanOneWouldHaveEnded) {
  StopRule rule;
  rule.until_excluded = Exclusion{0.001, 0.95};
  for (const Outcome outcome : {Outcome::Hang, Outcome::Anomaly}) {
    Tally tally = clean(2993);
    tally.add(outcome, SignatureMatch::Match);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::None);
    tally.add(Outcome::Clean);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::Trials);
  }
}

TEST(StopRule, ATrialThatSaidNothingIsMadeUpForByAnotherUpToABound) {
  StopRule rule;
  rule.until_excluded = Exclusion{0.001, 0.95};
  for (const Outcome doubt : {Outcome::Inconclusive, Outcome::Stuck, Outcome::LostMachine}) {
    Tally tally = clean(2995);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::Excluded);
    tally.add(doubt);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::None) << "it may have been a hit";
    tally.add(Outcome::Clean, SignatureMatch::NotApplicable, 4742 - 2996);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::Excluded);
    tally.add(doubt, SignatureMatch::NotApplicable, 20);
    tally.add(Outcome::Clean, SignatureMatch::NotApplicable, 1400);
    EXPECT_EQ(decide(rule, tally, 0), EndReason::Trials) << "more would not help";
  }
  Tally never_began = clean(2990);
  never_began.add(Outcome::Infra, SignatureMatch::NotApplicable, 50);
  EXPECT_EQ(decide(rule, never_began, 0), EndReason::None);
  never_began.add(Outcome::Clean, SignatureMatch::NotApplicable, 5);
  EXPECT_EQ(decide(rule, never_began, 0), EndReason::Excluded);
}

TEST(StopRule, StopsWhenTheBudgetIsSpent) {
  StopRule rule;
  rule.budget = kSecond;
  EXPECT_EQ(decide(rule, clean(1), kSecond - 1), EndReason::None);
  EXPECT_EQ(decide(rule, clean(1), kSecond), EndReason::Budget);
}

TEST(StopRule, NamesTheMostTellingReasonFirst) {
  StopRule rule;
  rule.trials = 1;
  rule.budget = 1;
  EXPECT_EQ(decide(rule, clean(5000), 1), EndReason::Trials);
  rule.until_excluded = Exclusion{0.001, 0.95};
  EXPECT_EQ(decide(rule, clean(5000), 1), EndReason::Excluded);
  rule.hits = 1;
  Tally tally = clean(5000);
  tally.add(Outcome::Hang, SignatureMatch::Match);
  EXPECT_EQ(decide(rule, tally, 1), EndReason::Hits);
}

TEST(StopRule, ABudgetNobodyAskedForWaitsForTheTrialsOfACleanResult) {
  StopRule rule;
  rule.budget = kSecond;
  rule.at_least = 3000;
  Tally tally;
  tally.add(Outcome::Clean, SignatureMatch::NotApplicable, 2999);
  EXPECT_EQ(decide(rule, tally, 5 * kSecond), EndReason::None);
  tally.add(Outcome::Clean);
  EXPECT_EQ(decide(rule, tally, 5 * kSecond), EndReason::Budget);
  rule.at_least = 0;
  EXPECT_EQ(decide(rule, Tally(), 5 * kSecond), EndReason::Budget);
  rule.at_least = 3000;
  for (const Outcome answer : {Outcome::Stuck, Outcome::Anomaly}) {
    Tally answered;
    answered.add(answer);
    EXPECT_EQ(decide(rule, answered, 5 * kSecond), EndReason::Budget) << "more make it no better";
  }
}

}  // namespace
}  // namespace hangrate
