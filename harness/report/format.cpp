// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/format.h"

#include <fmt/format.h>

namespace hangrate {

std::string percent(double p) {
  if (p <= 0.0) return "0";
  if (p >= 0.9995 && p < 1.0) return fmt::format("{:.3f}", 100 * p);
  return fmt::format("{:.3g}", 100 * p);
}

bool has_rate(const CellSummary& cell) {
  return cell.expectation != Expectation::Measures && cell.estimate.trials > 0;
}

std::string rate_text(const CellSummary& cell) {
  if (!has_rate(cell)) return "-";
  return fmt::format("{} % [{}, {}]", percent(cell.estimate.point),
                     percent(cell.estimate.interval.low), percent(cell.estimate.interval.high));
}

std::string rate_short(const CellSummary& cell) {
  if (!has_rate(cell)) return "";
  if (cell.estimate.hits > 0) return percent(cell.estimate.point) + " %";
  const bool judged =
      cell.verdict != CellVerdict::Infra && cell.verdict != CellVerdict::Inconclusive;
  if (!judged || cell.expectation == Expectation::Lookalike) return "";
  return fmt::format("< {} %", percent(cell.estimate.excluded_rate));
}

std::string count_text(const CellSummary& cell) {
  const Tally& tally = cell.result->tally();
  return fmt::format("{}/{}", tally.reproductions(), tally.conclusive());
}

std::string proof_time_text(const CellResult& result) {
  if (result.proof_time().count() == 0) return "-";
  return fmt::format("{:.1f} / {:.1f} ms", to_ms(result.proof_time().quantile(0.5)),
                     to_ms(result.proof_time().quantile(0.99)));
}

std::string speed_text(const CellResult& result) {
  const double speed = result.trials_per_second();
  if (speed <= 0) return "-";
  return speed >= 100 ? fmt::format("{:.0f}", speed) : fmt::format("{:.3g}", speed);
}

std::uint64_t unknown_trials(const Tally& tally) {
  return tally.attempted() - tally.conclusive() - tally.count(Outcome::Skipped);
}

const char* verdict_words(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::Reproduced:
      return "reproduced";
    case CellVerdict::UnexpectedlyClean:
      return "unexpectedly clean";
    case CellVerdict::InconclusivePower:
      return "too few trials";
    case CellVerdict::FixedClean:
      return "clean";
    case CellVerdict::Regression:
      return "regression";
    case CellVerdict::OtherHang:
      return "other hang";
    case CellVerdict::ControlHeld:
      return "control held";
    case CellVerdict::ControlBroken:
      return "control broken";
    case CellVerdict::Measured:
      return "measured";
    case CellVerdict::Infra:
      return "machine failed";
    case CellVerdict::Skipped:
      return "skipped";
    case CellVerdict::Inconclusive:
      return "inconclusive";
  }
  return "?";
}

std::string cell_words(const CellSummary& cell) {
  const std::string words = verdict_words(cell.verdict);
  if (cell.shortfall != Shortfall::Cut) return words;
  if (cell.result->tally().attempted() == 0) return "not run";
  return cell.verdict == CellVerdict::Inconclusive ? "unfinished" : words + ", unfinished";
}

std::string plural(std::uint64_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace hangrate
