// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/cell_verdict.h"

#include <optional>

namespace hangrate {
namespace {

constexpr int kExpected = 0;
constexpr int kUnexpected = 1;
constexpr int kNoAnswer = 3;
constexpr int kSkipped = 4;

/// What one trial is enough for.
std::optional<CellVerdict> proven(Expectation expectation, const Tally& tally,
                                  const Tally& search) {
  const bool shown = tally.reproductions() + search.reproductions() > 0;
  const bool other = tally.other_hangs() + search.other_hangs() > 0;
  if (expectation == Expectation::Fixed && shown) return CellVerdict::Regression;
  if (expectation != Expectation::Lookalike && other) return CellVerdict::OtherHang;
  bool broken = false;
  switch (expectation) {
    case Expectation::AlwaysHangs:
      broken = tally.conclusive() > tally.hits();
      break;
    case Expectation::NeverHangs:
      broken = shown;
      break;
    case Expectation::Lookalike:
      broken = tally.conclusive() > tally.other_hangs() || search.reproductions() > 0;
      break;
    case Expectation::Measures:
      broken = tally.hits() + search.hits() > 0;
      break;
    case Expectation::Affected:
    case Expectation::Unknown:
      if (shown) return CellVerdict::Reproduced;
      break;
    case Expectation::Fixed:
      break;
  }
  if (broken) return CellVerdict::ControlBroken;
  return std::nullopt;
}

/// Why this run can claim nothing about what did not happen.
std::optional<CellVerdict> unanswered(const Tally& tally, Shortfall shortfall) {
  const std::uint64_t attempted = tally.attempted();
  const std::uint64_t lost = tally.lost();
  const bool nothing = tally.conclusive() == 0;
  const std::uint64_t half = attempted / 2;
  if (attempted > 0 && tally.count(Outcome::Skipped) == attempted) return CellVerdict::Skipped;
  if (lost > half || (nothing && lost > 0)) return CellVerdict::Infra;
  const bool cut = shortfall == Shortfall::Cut;
  if (cut && tally.count(Outcome::LostMachine) > 0) return CellVerdict::Infra;
  const bool hung = tally.count(Outcome::Hang) > 0;
  if (shortfall == Shortfall::GaveUp && !hung) return CellVerdict::Infra;
  if (nothing || cut || tally.count(Outcome::Inconclusive) > half) return CellVerdict::Inconclusive;
  return std::nullopt;
}

}  // namespace

CellVerdict judge(Expectation expectation, const Tally& tally, const RateEstimate& estimate,
                  double reference_rate, Shortfall shortfall, const Tally& search) {
  if (const auto verdict = proven(expectation, tally, search)) return *verdict;
  if (const auto verdict = unanswered(tally, shortfall)) return *verdict;
  switch (expectation) {
    case Expectation::Affected:
      return estimate.excluded_rate <= reference_rate ? CellVerdict::UnexpectedlyClean
                                                      : CellVerdict::InconclusivePower;
    case Expectation::Fixed:
      return CellVerdict::FixedClean;
    case Expectation::AlwaysHangs:
    case Expectation::NeverHangs:
    case Expectation::Lookalike:
      return CellVerdict::ControlHeld;
    case Expectation::Measures:
    case Expectation::Unknown:
      return CellVerdict::Measured;
  }
  return CellVerdict::Inconclusive;
}

int exit_code(CellVerdict verdict, Shortfall shortfall) {
  switch (verdict) {
    case CellVerdict::Reproduced:
    case CellVerdict::InconclusivePower:
    case CellVerdict::FixedClean:
    case CellVerdict::ControlHeld:
    case CellVerdict::Measured:
      return shortfall == Shortfall::Cut ? kNoAnswer : kExpected;
    case CellVerdict::UnexpectedlyClean:
    case CellVerdict::Regression:
    case CellVerdict::OtherHang:
    case CellVerdict::ControlBroken:
      return kUnexpected;
    case CellVerdict::Infra:
    case CellVerdict::Inconclusive:
      return kNoAnswer;
    case CellVerdict::Skipped:
      return kSkipped;
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
    case CellVerdict::InconclusivePower:
      return "inconclusive-power";
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
