// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/cell_verdict.h"

#include <algorithm>
#include <optional>

#include "harness/base/text.h"
#include "harness/stats/power.h"

namespace hangrate {
namespace {

constexpr int kExpected = 0;
constexpr int kUnexpected = 1;
constexpr int kNoAnswer = 3;
constexpr int kSkipped = 4;

/// Trials that say something: a lookalike that stands still does what it is for.
std::uint64_t telling(const CellCase& cell) {
  const bool stuck_tells = cell.expectation == Expectation::Lookalike;
  return cell.tally.conclusive() + (stuck_tells ? cell.tally.count(Outcome::Stuck) : 0);
}

/// What one trial is enough for.
std::optional<CellVerdict> proven(const CellCase& cell) {
  const Tally& tally = cell.tally;
  const Tally& search = cell.search;
  const bool shown = tally.reproductions() + search.reproductions() > 0;
  const bool other = tally.other_hangs() + search.other_hangs() > 0;
  if (cell.expectation == Expectation::Fixed && shown) return CellVerdict::Regression;
  if (cell.expectation != Expectation::Lookalike && other) return CellVerdict::OtherHang;
  bool broken = false;
  switch (cell.expectation) {
    case Expectation::AlwaysHangs:
      broken = tally.conclusive() > tally.hits();
      break;
    case Expectation::NeverHangs:
      broken = shown;
      break;
    case Expectation::Lookalike:
      broken = tally.conclusive() > tally.other_hangs() || search.reproductions() > 0 ||
               tally.misplaced() + search.misplaced() > 0;
      break;
    case Expectation::Measures:
      broken = tally.hits() + search.hits() > 0;
      break;
    case Expectation::Affected:
      if (shown) return CellVerdict::Reproduced;
      break;
    case Expectation::Unknown:
      if (shown) return CellVerdict::NoExpectation;
      break;
    case Expectation::Fixed:
      break;
  }
  if (broken) return CellVerdict::ControlBroken;
  return std::nullopt;
}

/// Why this run can claim nothing about what did not happen.
std::optional<CellVerdict> unanswered(const CellCase& cell, bool stuck) {
  const Tally& tally = cell.tally;
  const std::uint64_t attempted = tally.attempted();
  const std::uint64_t lost = tally.lost();
  const bool nothing = telling(cell) == 0;
  const std::uint64_t half = attempted / 2;
  if (attempted > 0 && tally.count(Outcome::Skipped) == attempted) return CellVerdict::Skipped;
  if (lost > half || (nothing && lost > 0)) return CellVerdict::Infra;
  const bool cut = cell.shortfall == Shortfall::Cut;
  if (cut && tally.count(Outcome::LostMachine) > 0) return CellVerdict::Infra;
  const bool hung = tally.count(Outcome::Hang) + tally.count(Outcome::Stuck) > 0;
  // Victims that could not be freed end a cell too, and they are what it was to show.
  const bool gave_up = cell.shortfall == Shortfall::GaveUp;
  if (gave_up && (!hung || lost > 0)) return CellVerdict::Infra;
  if (stuck) return CellVerdict::Stuck;
  if (nothing || cut || tally.count(Outcome::Inconclusive) > half) return CellVerdict::Inconclusive;
  return std::nullopt;
}

/// Nothing was seen. Had the bug been there at its reference rate, would it have been?
CellVerdict clean(const CellCase& cell, const CellJudgement& judgement) {
  const double excluded = std::max(judgement.excluded_rate, cell.excluded_over_boots.value_or(0));
  // The reference rate is the natural one; help may miss the window on this machine.
  const bool power = excluded <= cell.reference_rate && !cell.helped;
  switch (cell.expectation) {
    case Expectation::Affected:
      return power ? CellVerdict::UnexpectedlyClean : CellVerdict::Weak;
    case Expectation::Fixed:
      return power ? CellVerdict::FixedClean : CellVerdict::Weak;
    case Expectation::NeverHangs:
      return power ? CellVerdict::ControlHeld : CellVerdict::Weak;
    case Expectation::AlwaysHangs:
    case Expectation::Lookalike:
      return CellVerdict::ControlHeld;
    case Expectation::Measures:
      return CellVerdict::Measured;
    case Expectation::Unknown:
      return CellVerdict::NoExpectation;
  }
  return CellVerdict::Inconclusive;
}

}  // namespace

CellJudgement judge_cell(const CellCase& cell) {
  const Tally& tally = cell.tally;
  CellJudgement judgement;
  judgement.shortfall = cell.shortfall;
  judgement.stuck = cell.expectation != Expectation::Lookalike &&
                    tally.count(Outcome::Stuck) + cell.search.count(Outcome::Stuck) > 0;
  judgement.lost = tally.lost() > 0;
  judgement.possible_hits = tally.possible_hits();
  judgement.excluded_rate = excluded_rate(
      judgement.possible_hits, tally.conclusive() + judgement.possible_hits, cell.confidence);
  judgement.needed =
      trials_to_exclude(cell.reference_rate, cell.confidence, judgement.possible_hits);
  if (const auto verdict = proven(cell)) {
    judgement.verdict = *verdict;
  } else if (const auto open = unanswered(cell, judgement.stuck)) {
    judgement.verdict = *open;
  } else {
    judgement.verdict = clean(cell, judgement);
  }
  return judgement;
}

int exit_code(const CellJudgement& judgement, const Gate& gate, const std::string& repro) {
  const bool incomplete = judgement.shortfall == Shortfall::Cut || judgement.stuck ||
                          (judgement.shortfall == Shortfall::GaveUp && judgement.lost);
  const int failed_by_stuck = judgement.stuck && gate.fail_stuck ? kUnexpected : kNoAnswer;
  switch (judgement.verdict) {
    case CellVerdict::Reproduced:
    case CellVerdict::FixedClean:
    case CellVerdict::ControlHeld:
    case CellVerdict::Measured:
      return incomplete ? failed_by_stuck : kExpected;
    case CellVerdict::UnexpectedlyClean:
    case CellVerdict::Regression:
    case CellVerdict::OtherHang:
    case CellVerdict::ControlBroken:
      return kUnexpected;
    case CellVerdict::Weak:
      if (gate.fail_weak) return kUnexpected;
      return gate.weak_ok ? kExpected : kNoAnswer;
    case CellVerdict::NoExpectation:
    case CellVerdict::Stuck:
      return failed_by_stuck;
    case CellVerdict::Infra:
    case CellVerdict::Inconclusive:
      return failed_by_stuck;
    case CellVerdict::Skipped: {
      return contains(gate.require, repro) || gate.fail_skip ? kUnexpected : kSkipped;
    }
  }
  return kUnexpected;
}

int combine_exit_codes(std::span<const int> codes) {
  bool ran = false;
  bool no_answer = false;
  for (const int code : codes) {
    if (code == kExpected) {
      ran = true;
    } else if (code == kNoAnswer) {
      no_answer = true;
    } else if (code != kSkipped) {
      return kUnexpected;
    }
  }
  if (no_answer) return kNoAnswer;
  return ran ? kExpected : kSkipped;
}

const char* cell_verdict_name(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::Reproduced:
      return "reproduced";
    case CellVerdict::UnexpectedlyClean:
      return "unexpectedly-clean";
    case CellVerdict::Weak:
      return "weak";
    case CellVerdict::FixedClean:
      return "fixed-clean";
    case CellVerdict::Regression:
      return "regression";
    case CellVerdict::OtherHang:
      return "other-hang";
    case CellVerdict::ControlHeld:
      return "control-held";
    case CellVerdict::ControlBroken:
      return "control-broken";
    case CellVerdict::Measured:
      return "measured";
    case CellVerdict::NoExpectation:
      return "no-expectation";
    case CellVerdict::Stuck:
      return "stuck";
    case CellVerdict::Infra:
      return "infra";
    case CellVerdict::Skipped:
      return "skipped";
    case CellVerdict::Inconclusive:
      return "inconclusive";
  }
  return "?";
}

}  // namespace hangrate
