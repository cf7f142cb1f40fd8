// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/cell_verdict.h"

#include <gtest/gtest.h>

#include "harness/testing/made_tally.h"

namespace hangrate {
namespace {

using namespace testing;  // Counts, tally_of, ...

constexpr double kReference = 0.001;

CellVerdict judged(Expectation expectation, const Counts& counts) {
  const Tally tally = tally_of(counts);
  return judge(expectation, tally, estimate_of(tally), kReference);
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

}  // namespace
}  // namespace hangrate
