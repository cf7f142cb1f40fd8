// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/cell_verdict.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

struct Counts {
  std::uint64_t clean = 0;
  std::uint64_t match = 0;
  std::uint64_t other = 0;
  std::uint64_t anomaly = 0;
  std::uint64_t slow = 0;
  std::uint64_t skipped = 0;
  std::uint64_t infra = 0;
  std::uint64_t inconclusive = 0;
  std::uint64_t lost = 0;
};

Tally tally_of(const Counts& counts) {
  constexpr auto none = SignatureMatch::NotApplicable;
  Tally tally;
  tally.add(Outcome::Clean, none, counts.clean);
  tally.add(Outcome::Hang, SignatureMatch::Match, counts.match);
  tally.add(Outcome::Hang, SignatureMatch::Other, counts.other);
  tally.add(Outcome::Anomaly, none, counts.anomaly);
  tally.add(Outcome::Slow, none, counts.slow);
  tally.add(Outcome::Skipped, none, counts.skipped);
  tally.add(Outcome::Infra, none, counts.infra);
  tally.add(Outcome::Inconclusive, none, counts.inconclusive);
  tally.add(Outcome::LostMachine, none, counts.lost);
  return tally;
}

RateEstimate estimate_of(const Tally& tally) {
  return estimate_rate(std::vector<Cluster>{{tally.conclusive(), tally.reproductions()}}, 0.95);
}

constexpr double kReference = 0.001;

CellVerdict judged(Expectation expectation, const Counts& counts) {
  const Tally tally = tally_of(counts);
  return judge(expectation, tally, estimate_of(tally), kReference);
}

std::string explained(Expectation expectation, const Counts& counts) {
  const Tally tally = tally_of(counts);
  const RateEstimate estimate = estimate_of(tally);
  return explain(judge(expectation, tally, estimate, kReference), expectation, tally, estimate,
                 kReference);
}

constexpr Expectation kAll[] = {Expectation::Affected,    Expectation::Fixed,
                                Expectation::AlwaysHangs, Expectation::NeverHangs,
                                Expectation::Lookalike,   Expectation::Measures,
                                Expectation::Unknown};

TEST(CellVerdict, OneHitOrAnomalyReproducesOnAnAffectedKernel) {
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 999, .match = 1}), CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 999, .anomaly = 1}), CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::Unknown, {.clean = 999, .match = 1}), CellVerdict::Reproduced);
}

TEST(CellVerdict, OneHitOrAnomalyIsARegressionOnAFixedKernel) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 999, .match = 1}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 999, .anomaly = 1}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Fixed, {.match = 1, .other = 5}), CellVerdict::Regression);
}

TEST(CellVerdict, AffectedAndCleanIsUnexpectedOnlyWithEnoughTrials) {
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 2994}), CellVerdict::InconclusivePower);
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 2995}), CellVerdict::UnexpectedlyClean);
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 2000, .slow = 995}),
            CellVerdict::UnexpectedlyClean);
}

TEST(CellVerdict, FixedAndCleanIsAsItShouldBe) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 10}), CellVerdict::FixedClean);
}

TEST(CellVerdict, AnotherHangIsUnexpectedEverywhereButInALookalike) {
  for (const Expectation expectation : kAll) {
    const CellVerdict seen = judged(expectation, {.other = 3});
    EXPECT_EQ(seen, expectation == Expectation::Lookalike ? CellVerdict::ControlHeld
                                                          : CellVerdict::OtherHang);
  }
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 9, .match = 5, .other = 1}),
            CellVerdict::OtherHang);
}

TEST(CellVerdict, PositiveControlMustHangEveryTime) {
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 20}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.clean = 1, .match = 19}),
            CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 19, .slow = 1}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 19, .skipped = 1, .inconclusive = 1}),
            CellVerdict::ControlHeld);
}

TEST(CellVerdict, NegativeControlMustNeverHang) {
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 20, .slow = 3}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 20, .match = 1}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 20, .anomaly = 1}),
            CellVerdict::ControlBroken);
}

TEST(CellVerdict, LookalikeMustHangEveryTimeAndNeverMatch) {
  EXPECT_EQ(judged(Expectation::Lookalike, {.other = 20}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::Lookalike, {.match = 1, .other = 20}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::Lookalike, {.clean = 1, .other = 20}), CellVerdict::ControlBroken);
}

TEST(CellVerdict, MeasuresAndUnknownClaimNothing) {
  EXPECT_EQ(judged(Expectation::Measures, {.clean = 20}), CellVerdict::Measured);
  EXPECT_EQ(judged(Expectation::Unknown, {.clean = 100'000}), CellVerdict::Measured);
  EXPECT_EQ(judged(Expectation::Measures, {.clean = 20, .match = 1}), CellVerdict::ControlBroken);
}

TEST(CellVerdict, UnknownsNeverBecomeAPass) {
  for (const Expectation expectation : kAll) {
    EXPECT_EQ(judged(expectation, {}), CellVerdict::Inconclusive);
    EXPECT_EQ(judged(expectation, {.skipped = 5}), CellVerdict::Skipped);
    EXPECT_EQ(judged(expectation, {.infra = 5}), CellVerdict::Infra);
    EXPECT_EQ(judged(expectation, {.lost = 1}), CellVerdict::Infra);
    EXPECT_EQ(judged(expectation, {.inconclusive = 5}), CellVerdict::Inconclusive);
    EXPECT_EQ(judged(expectation, {.skipped = 50, .inconclusive = 5}), CellVerdict::Inconclusive);
    EXPECT_EQ(judged(expectation, {.skipped = 50, .infra = 1}), CellVerdict::Infra);
  }
}

TEST(CellVerdict, TrialsThatFailedDominateOnlyAboveHalf) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .infra = 5}), CellVerdict::FixedClean);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .infra = 6}), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .infra = 3, .lost = 3}), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .inconclusive = 5}), CellVerdict::FixedClean);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .inconclusive = 6}), CellVerdict::Inconclusive);
}

TEST(CellVerdict, AProofStandsHoweverManyOtherTrialsFailed) {
  EXPECT_EQ(judged(Expectation::Fixed, {.match = 1, .infra = 900}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Affected, {.match = 1, .infra = 900}), CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.match = 1, .skipped = 900}),
            CellVerdict::ControlBroken);
}

TEST(ExitCode, TellsExpectedFromUnexpectedFromNoAnswer) {
  for (const CellVerdict verdict :
       {CellVerdict::Reproduced, CellVerdict::FixedClean, CellVerdict::ControlHeld,
        CellVerdict::Measured, CellVerdict::InconclusivePower}) {
    EXPECT_EQ(exit_code(verdict), 0) << cell_verdict_name(verdict);
  }
  for (const CellVerdict verdict : {CellVerdict::UnexpectedlyClean, CellVerdict::Regression,
                                    CellVerdict::OtherHang, CellVerdict::ControlBroken}) {
    EXPECT_EQ(exit_code(verdict), 1) << cell_verdict_name(verdict);
  }
  EXPECT_EQ(exit_code(CellVerdict::Infra), 3);
  EXPECT_EQ(exit_code(CellVerdict::Inconclusive), 3);
  EXPECT_EQ(exit_code(CellVerdict::Skipped), 4);
}

TEST(ExitCode, OfManyIsTheWorstAndSkippedOnlyIfAllAre) {
  const auto combined = [](std::vector<int> codes) { return combine_exit_codes(codes); };
  EXPECT_EQ(combined({0, 0}), 0);
  EXPECT_EQ(combined({0, 4}), 0);
  EXPECT_EQ(combined({4, 4}), 4);
  EXPECT_EQ(combined({4, 3}), 3);
  EXPECT_EQ(combined({0, 3, 4}), 3);
  EXPECT_EQ(combined({3, 0, 1, 4}), 1);
  EXPECT_EQ(combined({0, 139}), 1);
  EXPECT_EQ(combined({}), 4);
}

TEST(Explanation, SaysWhatACleanRunWouldHaveSeen) {
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 10000}),
            "fixed and clean: 0/10000, would have seen p >= 0.0003 with 95 %");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 10000, .inconclusive = 1}),
            "fixed and clean: 0/10000, would have seen p >= 0.0003 with 95 %; "
            "1 inconclusive trial could hide a hit");
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 10000}),
            "affected but clean: 0/10000 excludes p >= 0.0003 with 95 %, and p >= 0.001 was "
            "expected");
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 100}),
            "affected and clean, too few trials: 0/100 excludes only p >= 0.03 with 95 %; 0.001 "
            "takes 2995 trials");
}

TEST(Explanation, SaysHowOftenItHappened) {
  EXPECT_EQ(explained(Expectation::Affected, {.clean = 397, .match = 3}),
            "reproduced: 3 hits in 400 trials, p = 0.0075 (0.0015 .. 0.022 with 95 %)");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 399, .anomaly = 1}),
            "regression: 1 anomaly in 400 trials on a kernel without this bug, p = 0.0025 "
            "(6.3e-05 .. 0.014 with 95 %)");
  EXPECT_EQ(explained(Expectation::Fixed, {.clean = 399, .other = 1}),
            "unexpected: 1 hang that is not this bug, next to 0 hits in 400 trials");
}

TEST(Explanation, SaysWhatTheControlsDid) {
  EXPECT_EQ(explained(Expectation::AlwaysHangs, {.match = 20}),
            "positive control held: 20/20 hung as declared");
  EXPECT_EQ(explained(Expectation::AlwaysHangs, {.clean = 1, .match = 19}),
            "positive control broken: only 19/20 hung as declared");
  EXPECT_EQ(explained(Expectation::NeverHangs, {.clean = 20}), "negative control held: 0/20 hung");
  EXPECT_EQ(explained(Expectation::NeverHangs, {.clean = 20, .match = 1}),
            "negative control broken: 1 hit in 21 trials");
  EXPECT_EQ(explained(Expectation::Lookalike, {.other = 20}),
            "lookalike held: 20/20 hung, none was taken for this bug");
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

CellVerdict judged(Expectation expectation, const Counts& counts, Shortfall shortfall) {
  const Tally tally = tally_of(counts);
  return judge(expectation, tally, estimate_of(tally), kReference, shortfall);
}

TEST(CellVerdict, ACellCutShortIsNeverAPass) {
  for (const Expectation expectation : kAll) {
    for (const Counts& counts : {Counts{}, Counts{.clean = 13}, Counts{.clean = 5000},
                                 Counts{.match = 13}, Counts{.other = 13}, Counts{.slow = 13}}) {
      const CellVerdict verdict = judged(expectation, counts, Shortfall::Cut);
      const int code = exit_code(verdict, Shortfall::Cut);
      EXPECT_TRUE(code == 1 || code == 3) << cell_verdict_name(verdict);
    }
  }
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 13}, Shortfall::Cut), CellVerdict::Inconclusive);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 8, .lost = 2}, Shortfall::Cut),
            CellVerdict::Infra);
}

TEST(CellVerdict, WhatWasProvenBeforeACellWasCutShortStaysProven) {
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 9, .match = 1}, Shortfall::Cut),
            CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 9, .match = 1, .lost = 2}, Shortfall::Cut),
            CellVerdict::Regression);
  EXPECT_EQ(exit_code(CellVerdict::Regression, Shortfall::Cut), 1);
  EXPECT_EQ(exit_code(CellVerdict::Skipped, Shortfall::None), 4);
}

TEST(CellVerdict, ACellGivenUpClaimsNothingOfWhatItDidNotSee) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 300}, Shortfall::GaveUp), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 300}, Shortfall::GaveUp), CellVerdict::Infra);
  // Victims that could not be freed end a cell too, and they are what it was to show.
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 8}, Shortfall::GaveUp),
            CellVerdict::ControlHeld);
  EXPECT_EQ(exit_code(CellVerdict::ControlHeld, Shortfall::GaveUp), 0);
}

Tally search_with(std::uint64_t clean, std::uint64_t hits) {
  Tally tally;
  tally.add(Outcome::Clean, SignatureMatch::NotApplicable, clean);
  if (hits > 0) tally.add(Outcome::Hang, SignatureMatch::Match, hits);
  return tally;
}

CellVerdict with_search(Expectation expectation, const Tally& measured, const Tally& search) {
  const Cluster all{measured.conclusive(), measured.reproductions()};
  const RateEstimate estimate = estimate_rate({&all, 1}, 0.95);
  return judge(expectation, measured, estimate, 0.5, Shortfall::None, search);
}

TEST(Search, AHitProvesWhatItProves) {
  const Tally clean = search_with(1000, 0);
  const Tally found = search_with(299, 1);
  EXPECT_EQ(with_search(Expectation::Affected, clean, found), CellVerdict::Reproduced);
  EXPECT_EQ(with_search(Expectation::Fixed, clean, found), CellVerdict::Regression);
  EXPECT_EQ(with_search(Expectation::NeverHangs, clean, found), CellVerdict::ControlBroken);
  EXPECT_EQ(with_search(Expectation::Measures, clean, found), CellVerdict::ControlBroken);
  Tally other;
  other.add(Outcome::Hang, SignatureMatch::Other);
  EXPECT_EQ(with_search(Expectation::Affected, clean, other), CellVerdict::OtherHang);
}

TEST(Search, CleanTrialsOfItProveNothing) {
  const Tally clean = search_with(100000, 0);
  EXPECT_EQ(with_search(Expectation::AlwaysHangs, search_with(0, 10), clean),
            CellVerdict::ControlHeld);
  EXPECT_EQ(with_search(Expectation::Affected, search_with(2, 0), clean),
            CellVerdict::InconclusivePower);
  EXPECT_EQ(with_search(Expectation::Fixed, Tally(), clean), CellVerdict::Inconclusive);
  EXPECT_EQ(with_search(Expectation::Fixed, clean, clean), CellVerdict::FixedClean);
}

TEST(Search, WhatOnlyTheSearchFoundIsSaidApart) {
  const Tally clean = search_with(1000, 0);
  const Cluster all{1000, 0};
  const std::string text = explain(CellVerdict::Regression, Expectation::Fixed, clean,
                                   estimate_rate({&all, 1}, 0.95), 0.5, search_with(299, 1));
  EXPECT_NE(text.find("0 hits in 1000 trials"), std::string::npos) << text;
  EXPECT_NE(text.find("in the search 1 hit in 300 trials"), std::string::npos) << text;
}

}  // namespace
}  // namespace hangrate
