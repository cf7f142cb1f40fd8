// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/cell_result.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(CellResult, KeepsOfEachKindTheFirstTrialAndTheFirstWithATrace) {
  CellResult result{CellSpec{}};
  TrialRecord trial{.verdict = {.outcome = Outcome::Hang, .signature = SignatureMatch::Match}};
  const auto apply = [&](std::uint64_t number, bool traced) {
    trial.observation.trial = number;
    trial.observation.trace = traced ? std::optional(Trace{}) : std::nullopt;
    result.apply(trial);
  };
  const auto kind = [&] { return result.kinds().begin()->second; };
  apply(3, false);
  EXPECT_EQ(kind().with_trace(), nullptr);
  apply(5, true);
  apply(7, true);
  ASSERT_TRUE(kind().traced);
  EXPECT_EQ(kind().first.observation.trial, 3u);
  EXPECT_EQ(kind().traced->observation.trial, 5u);
  EXPECT_EQ(kind().count, 3u);
  trial.verdict.freed_by = Rung::Wait;
  apply(9, true);
  apply(11, true);
  const KindOfTrial& other = result.kinds().at("hang/match freed by wait");
  EXPECT_FALSE(other.traced) << "kept once";
  EXPECT_EQ(other.with_trace(), &other.first);
}

TrialRecord hit_in(std::uint64_t trial) {
  TrialRecord record{.verdict = {.outcome = Outcome::Hang, .signature = SignatureMatch::Match}};
  record.observation.trial = trial;
  record.observation.proven = 5 * kMilli;
  return record;
}

TEST(CellResult, SearchTrialsEnterNoNumberOfTheMeasuredOnes) {
  CellSpec spec;
  spec.search = 100;
  spec.trials = 50;
  CellResult result(spec);
  result.apply(hit_in(7));
  result.apply(BatchRecord{.first = 8, .count = 110});  // over the border, as none of ours is
  result.apply(hit_in(118));
  EXPECT_EQ(result.search().conclusive(), 93u);
  EXPECT_EQ(result.search().hits(), 1u);
  EXPECT_EQ(result.tally().conclusive(), 19u);
  EXPECT_EQ(result.tally().hits(), 1u);
  EXPECT_EQ(result.searched(), 93u);
  EXPECT_EQ(result.measured(), 19u);
  EXPECT_EQ(result.proof_time().count(), 1u);
  const RateEstimate estimate = result.estimate(0.95);
  EXPECT_EQ(estimate.trials, 19u);
  EXPECT_EQ(estimate.hits, 1u);
  EXPECT_EQ(result.kinds().at("hang/match not freed").count, 1u);
  EXPECT_EQ(result.kinds().at("hang/match not freed, in the search").first.observation.trial, 7u);
}

/// A hundred clean trials after each of `hits` hits but the last, ended for `reason`.
CellResult ended(EndReason reason, std::uint64_t hits, int workers = 1) {
  CellSpec spec;
  spec.workers = workers;
  CellResult result(spec);
  for (std::uint64_t hit = 0; hit < hits; ++hit) {
    if (hit > 0) result.apply(BatchRecord{.first = hit * 101 - 100, .count = 100});
    result.apply(hit_in(hit * 101));
  }
  result.apply(CellEndRecord{.reason = reason});
  return result;
}

TEST(CellResult, OfARunThatEndedAtHitsTheTestForBurstsLacksTheLastAndTheRateDoesNot) {
  const RateEstimate hits = ended(EndReason::Hits, 2).estimate(0.95, 2);
  const RateEstimate trials = ended(EndReason::Trials, 2).estimate(0.95);
  EXPECT_FALSE(hits.dispersion.tested) << "one hit is left";
  EXPECT_TRUE(trials.dispersion.tested);
  EXPECT_EQ(hits.hits, 2U);
  EXPECT_EQ(hits.trials, 102U);
  EXPECT_EQ(hits.point, trials.point);
  EXPECT_EQ(hits.unbiased_point, 1.0 / 101.0);
  EXPECT_FALSE(trials.unbiased_point);
}

TEST(CellResult, HasNoUnbiasedPointForTheFirstHitOrAnotherEnd) {
  EXPECT_FALSE(ended(EndReason::Hits, 1).estimate(0.95, 1).unbiased_point);
  EXPECT_FALSE(ended(EndReason::Hits, 0).estimate(0.95, 1).unbiased_point);
  EXPECT_FALSE(ended(EndReason::Budget, 3).estimate(0.95).unbiased_point);
  EXPECT_FALSE(ended(EndReason::Excluded, 3).estimate(0.95).unbiased_point);
}

TEST(CellResult, LeavesOutTheHitsThatWereInFlightWhenTheRunEnded) {
  CellResult result = ended(EndReason::Hits, 3, 4);
  EXPECT_TRUE(result.estimate(0.95, 3).dispersion.tested);
  result.apply(BatchRecord{.first = 300, .count = 5});
  result.apply(hit_in(290));
  EXPECT_EQ(result.estimate(0.95, 3).unbiased_point, 2.0 / 207.0) << "3 wanted, 4 seen";
  EXPECT_EQ(result.estimate(0.95).unbiased_point, 3.0 / 208.0) << "nobody said how many";
}

TEST(CellResult, OfARunThatABudgetEndedTheTestLacksHitsThatCameLast) {
  CellResult result = ended(EndReason::Budget, 2);
  EXPECT_FALSE(result.estimate(0.95).dispersion.tested);
  result.apply(BatchRecord{.first = 500, .count = 1});
  EXPECT_TRUE(result.estimate(0.95).dispersion.tested) << "the last one was clean";
}

}  // namespace
}  // namespace hangrate
