// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/cell_verdict.h"

#include <gtest/gtest.h>

#include "harness/testing/made_tally.h"

namespace hangrate {
namespace {

using namespace testing;  // Counts, tally_of, ...

constexpr double kReference = 0.001;

CellJudgement judgement_of(Expectation expectation, const Counts& counts,
                           Shortfall shortfall = Shortfall::None) {
  return judge_cell({.expectation = expectation,
                     .tally = tally_of(counts),
                     .search = {},
                     .reference_rate = kReference,
                     .shortfall = shortfall,
                     .excluded_over_boots = {}});
}

CellVerdict judged(Expectation expectation, const Counts& counts,
                   Shortfall shortfall = Shortfall::None) {
  return judgement_of(expectation, counts, shortfall).verdict;
}

int code_of(CellVerdict verdict, const Gate& gate = {}) {
  return exit_code(CellJudgement{.verdict = verdict}, gate, "fake");
}

constexpr Expectation kAll[] = {Expectation::Affected,    Expectation::Fixed,
                                Expectation::AlwaysHangs, Expectation::NeverHangs,
                                Expectation::Lookalike,   Expectation::Measures,
                                Expectation::Unknown};

TEST(CellVerdict, OneHitOrAnomalyReproducesOnAnAffectedKernel) {
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 999, .match = 1}), CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::Affected, {.clean = 999, .anomaly = 1}), CellVerdict::Reproduced);
}

TEST(CellVerdict, OneHitOrAnomalyIsARegressionOnAFixedKernel) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 999, .match = 1}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 999, .anomaly = 1}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Fixed, {.match = 1, .other = 5}), CellVerdict::Regression);
}

TEST(CellVerdict, CleanIsAResultOnlyIfTheReferenceRateIsExcluded) {
  const std::pair<Expectation, CellVerdict> results[] = {
      {Expectation::Affected, CellVerdict::UnexpectedlyClean},
      {Expectation::Fixed, CellVerdict::FixedClean},
      {Expectation::NeverHangs, CellVerdict::ControlHeld}};
  for (const auto& [expectation, result] : results) {
    EXPECT_EQ(judged(expectation, {.clean = 1}), CellVerdict::Weak);
    EXPECT_EQ(judged(expectation, {.clean = 2994}), CellVerdict::Weak);
    EXPECT_EQ(judged(expectation, {.clean = 2995}), result);
    EXPECT_EQ(judged(expectation, {.clean = 2000, .slow = 995}), result);
  }
  EXPECT_EQ(judgement_of(Expectation::Fixed, {.clean = 10}).needed, 2995u);
}

TEST(CellVerdict, WhatMayHaveBeenAHitCountsAsOne) {
  for (const Counts& doubt :
       {Counts{.clean = 2995, .inconclusive = 1}, Counts{.clean = 2995, .lost = 1}}) {
    const CellJudgement judgement = judgement_of(Expectation::Fixed, doubt);
    EXPECT_EQ(judgement.verdict, CellVerdict::Weak);
    EXPECT_EQ(judgement.possible_hits, 1u);
    EXPECT_GT(judgement.needed, 4700u);
  }
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 4800, .inconclusive = 1}),
            CellVerdict::FixedClean);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 2995, .skipped = 1, .infra = 1}),
            CellVerdict::FixedClean)
      << "those never began";
  // Of 20 trials 8 that say nothing: half is not the measure.
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 12, .inconclusive = 8}), CellVerdict::Weak);
}

TEST(CellVerdict, AStuckTrialIsNoAnswerAndHidesNoProof) {
  for (const Expectation expectation : kAll) {
    if (expectation == Expectation::Lookalike) continue;
    const CellJudgement judgement = judgement_of(expectation, {.clean = 5000, .stuck = 1});
    EXPECT_TRUE(judgement.stuck);
    if (expectation == Expectation::AlwaysHangs) continue;  // broken by the clean ones
    EXPECT_EQ(judgement.verdict, CellVerdict::Stuck);
    EXPECT_EQ(exit_code(judgement), 3);
  }
  const CellJudgement shown = judgement_of(Expectation::Affected, {.match = 5, .stuck = 1});
  EXPECT_EQ(shown.verdict, CellVerdict::Reproduced);
  EXPECT_EQ(exit_code(shown), 3);
  EXPECT_EQ(exit_code(shown, {.fail_stuck = true}), 1);
  EXPECT_EQ(exit_code(judgement_of(Expectation::Fixed, {.match = 1, .stuck = 1})), 1);
}

TEST(CellVerdict, PowerOverBootsIsAskedOnlyWhereItIsDemanded) {
  CellCase cell{.expectation = Expectation::Fixed,
                .tally = tally_of({.clean = 5000}),
                .search = {},
                .excluded_over_boots = {}};
  EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::FixedClean);
  cell.excluded_over_boots = 0.03;
  EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::Weak);
  cell.excluded_over_boots = 0.0009;
  EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::FixedClean);
}

TEST(CellVerdict, HelpThatNeverHitSaysNothingOfTheBug) {
  for (const Expectation expectation :
       {Expectation::Affected, Expectation::Fixed, Expectation::NeverHangs}) {
    CellCase cell{.expectation = expectation,
                  .tally = tally_of({.clean = 5000}),
                  .search = {},
                  .excluded_over_boots = {}};
    EXPECT_NE(judge_cell(cell).verdict, CellVerdict::Weak);
    cell.helped = true;
    EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::Weak);
  }
}

TEST(CellVerdict, GivenUpWithTrialsThatFailedIsNoPass) {
  const Counts counts{.match = 21, .infra = 20};
  EXPECT_EQ(exit_code(judgement_of(Expectation::AlwaysHangs, counts, Shortfall::GaveUp)), 3);
  EXPECT_EQ(exit_code(judgement_of(Expectation::Affected, counts, Shortfall::GaveUp)), 3);
  EXPECT_EQ(exit_code(judgement_of(Expectation::Lookalike, {.infra = 20, .stuck = 21},
                                   Shortfall::GaveUp)),
            3);
  EXPECT_EQ(exit_code(judgement_of(Expectation::AlwaysHangs, {.match = 8}, Shortfall::GaveUp)), 0)
      << "victims that could not be freed";
}

TEST(ExitCode, OfAStuckTrialIsThatOfTheGateWhateverElseFailed) {
  const CellJudgement judgement =
      judgement_of(Expectation::Fixed, {.clean = 1, .infra = 9, .stuck = 1});
  EXPECT_EQ(judgement.verdict, CellVerdict::Infra);
  EXPECT_EQ(exit_code(judgement), 3);
  EXPECT_EQ(exit_code(judgement, {.fail_stuck = true}), 1);
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
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 3000, .slow = 3}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 20, .match = 1}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 20, .anomaly = 1}),
            CellVerdict::ControlBroken);
}

TEST(CellVerdict, LookalikeMustHangEveryTimeAndNeverMatch) {
  EXPECT_EQ(judged(Expectation::Lookalike, {.other = 20}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::Lookalike, {.match = 1, .other = 20}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::Lookalike, {.clean = 1, .other = 20}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::Lookalike, {.stuck = 20}), CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::Lookalike, {.clean = 1, .stuck = 20}), CellVerdict::ControlBroken);
  EXPECT_EQ(judged(Expectation::Lookalike, {.match = 1, .stuck = 20}), CellVerdict::ControlBroken);
}

TEST(CellVerdict, ALookalikeThatStandsElsewhereIsBroken) {
  Verdict stuck;
  stuck.outcome = Outcome::Stuck;
  Tally tally;
  tally.add(stuck);
  CellCase cell{.expectation = Expectation::Lookalike,
                .tally = tally,
                .search = {},
                .excluded_over_boots = {}};
  EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::ControlHeld);
  EXPECT_EQ(exit_code(judge_cell(cell)), 0);
  stuck.misplaced = true;
  cell.tally.add(stuck);
  EXPECT_EQ(judge_cell(cell).verdict, CellVerdict::ControlBroken);
}

TEST(CellVerdict, WhatIsUnknownIsNoPassWithHitsOrWithout) {
  EXPECT_EQ(judged(Expectation::Unknown, {.clean = 100'000}), CellVerdict::NoExpectation);
  EXPECT_EQ(judged(Expectation::Unknown, {.clean = 999, .match = 1}), CellVerdict::NoExpectation);
  EXPECT_EQ(code_of(CellVerdict::NoExpectation), 3);
}

TEST(CellVerdict, AMeasurementClaimsNothing) {
  EXPECT_EQ(judged(Expectation::Measures, {.clean = 20}), CellVerdict::Measured);
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
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5000, .infra = 5000}), CellVerdict::FixedClean);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .infra = 6}), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 5, .infra = 3, .lost = 3}), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 5, .inconclusive = 5}),
            CellVerdict::ControlHeld);
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 5, .inconclusive = 6}),
            CellVerdict::Inconclusive);
}

TEST(CellVerdict, AProofStandsHoweverManyOtherTrialsFailed) {
  EXPECT_EQ(judged(Expectation::Fixed, {.match = 1, .infra = 900}), CellVerdict::Regression);
  EXPECT_EQ(judged(Expectation::Affected, {.match = 1, .infra = 900}), CellVerdict::Reproduced);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.match = 1, .skipped = 900}),
            CellVerdict::ControlBroken);
}

TEST(ExitCode, TellsExpectedFromUnexpectedFromNoAnswer) {
  for (const CellVerdict verdict : {CellVerdict::Reproduced, CellVerdict::FixedClean,
                                    CellVerdict::ControlHeld, CellVerdict::Measured}) {
    EXPECT_EQ(code_of(verdict), 0) << cell_verdict_name(verdict);
  }
  for (const CellVerdict verdict : {CellVerdict::UnexpectedlyClean, CellVerdict::Regression,
                                    CellVerdict::OtherHang, CellVerdict::ControlBroken}) {
    EXPECT_EQ(code_of(verdict), 1) << cell_verdict_name(verdict);
  }
  for (const CellVerdict verdict :
       {CellVerdict::Infra, CellVerdict::Inconclusive, CellVerdict::Weak,
        CellVerdict::NoExpectation, CellVerdict::Stuck}) {
    EXPECT_EQ(code_of(verdict), 3) << cell_verdict_name(verdict);
  }
  EXPECT_EQ(code_of(CellVerdict::Skipped), 4);
}

TEST(ExitCode, IsWhatTheGateDemands) {
  EXPECT_EQ(code_of(CellVerdict::Weak, {.weak_ok = true}), 0);
  EXPECT_EQ(code_of(CellVerdict::Weak, {.fail_weak = true}), 1);
  EXPECT_EQ(code_of(CellVerdict::Weak, {.weak_ok = true, .fail_weak = true}), 1);
  EXPECT_EQ(code_of(CellVerdict::Skipped, {.fail_skip = true}), 1);
  EXPECT_EQ(code_of(CellVerdict::Skipped, {.require = {"fake"}}), 1);
  EXPECT_EQ(code_of(CellVerdict::Skipped, {.require = {"another"}}), 4);
  const Gate strict{.fail_skip = true, .fail_weak = true, .fail_stuck = true, .require = {"fake"}};
  for (const CellVerdict verdict : {CellVerdict::FixedClean, CellVerdict::Reproduced}) {
    EXPECT_EQ(code_of(verdict, strict), 0) << cell_verdict_name(verdict);
  }
  EXPECT_EQ(code_of(CellVerdict::NoExpectation, strict), 3) << "an unknown is no failure either";
  EXPECT_EQ(code_of(CellVerdict::Infra, strict), 3);
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

TEST(CellVerdict, ACellCutShortIsNeverAPass) {
  for (const Expectation expectation : kAll) {
    for (const Counts& counts : {Counts{}, Counts{.clean = 13}, Counts{.clean = 5000},
                                 Counts{.match = 13}, Counts{.other = 13}, Counts{.slow = 13}}) {
      const CellJudgement judgement = judgement_of(expectation, counts, Shortfall::Cut);
      const int code = exit_code(judgement);
      EXPECT_TRUE(code == 1 || code == 3) << cell_verdict_name(judgement.verdict);
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
  EXPECT_EQ(exit_code({.verdict = CellVerdict::Regression, .shortfall = Shortfall::Cut}), 1);
}

TEST(CellVerdict, ACellGivenUpClaimsNothingOfWhatItDidNotSee) {
  EXPECT_EQ(judged(Expectation::Fixed, {.clean = 300}, Shortfall::GaveUp), CellVerdict::Infra);
  EXPECT_EQ(judged(Expectation::NeverHangs, {.clean = 300}, Shortfall::GaveUp), CellVerdict::Infra);
  // Victims that could not be freed end a cell too, and they are what it was to show.
  EXPECT_EQ(judged(Expectation::AlwaysHangs, {.match = 8}, Shortfall::GaveUp),
            CellVerdict::ControlHeld);
  EXPECT_EQ(exit_code({.verdict = CellVerdict::ControlHeld, .shortfall = Shortfall::GaveUp}), 0);
}

CellVerdict with_search(Expectation expectation, const Tally& measured, const Tally& search) {
  return judge_cell({.expectation = expectation,
                     .tally = measured,
                     .search = search,
                     .reference_rate = 0.5,
                     .excluded_over_boots = {}})
      .verdict;
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
  EXPECT_EQ(with_search(Expectation::Affected, search_with(2, 0), clean), CellVerdict::Weak);
  EXPECT_EQ(with_search(Expectation::Fixed, Tally(), clean), CellVerdict::Inconclusive);
  EXPECT_EQ(with_search(Expectation::Fixed, clean, clean), CellVerdict::FixedClean);
}

}  // namespace
}  // namespace hangrate
