// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/format.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/rounding.h"

namespace hangrate {

std::string percent(double p) {
  return point_text(p, Unit::Percent);
}

bool has_rate(const CellSummary& cell) {
  return cell.expectation != Expectation::Measures && cell.estimate.trials > 0;
}

std::string rate_text(const CellSummary& cell) {
  if (!has_rate(cell)) return "-";
  return fmt::format("{} % [{}, {}]{}", percent(cell.estimate.point),
                     lower_text(cell.estimate.interval.low, Unit::Percent),
                     upper_text(cell.estimate.interval.high, Unit::Percent), rate_mark(*cell.spec));
}

std::string rate_short(const CellSummary& cell) {
  if (!has_rate(cell)) return "";
  if (cell.estimate.hits > 0) return percent(cell.estimate.point) + " %" + rate_mark(*cell.spec);
  const bool judged = cell.judgement.verdict != CellVerdict::Infra &&
                      cell.judgement.verdict != CellVerdict::Inconclusive;
  if (!judged || cell.expectation == Expectation::Lookalike) return "";
  return fmt::format("< {} %{}", upper_text(cell.judgement.excluded_rate, Unit::Percent),
                     rate_mark(*cell.spec));
}

const char* rate_mark(const CellSpec& spec) {
  if (spec.replay) return " replayed";
  return spec.widened() ? " widened" : "";
}

std::string aimed_text(const std::string& plan, Nanos delay_ns) {
  if (delay_ns == 0) return plan;  // a plan without an interrupt
  return fmt::format("{}, {:.1f} us", plan, static_cast<double>(delay_ns) / 1e3);
}

std::string search_text(const CellSummary& cell) {
  const Tally& search = cell.result->search();
  if (search.attempted() == 0) return "";
  std::string text = fmt::format("search: {} in {}", plural(search.reproductions(), "hit", "hits"),
                                 plural(search.conclusive(), "trial", "trials"));
  const std::vector<ArmFact> arms = cell.result->memory().arms();
  if (const auto best = best_arm(arms)) {
    return text + ", best " + aimed_text(best->plan, best->delay_ns);
  }
  return text + (arms.empty() ? ", no arm was tried" : ", no arm hit");
}

std::string replay_text(const CellSpec& spec) {
  if (!spec.replay) return "";
  return fmt::format("replays trial {} of {} ({}): {}", spec.replay->trial, spec.replay->of,
                     spec.replay->release, aimed_text(spec.replay->plan, spec.replay->delay_ns));
}

std::string boots_text(const CellSummary& cell) {
  const bool control =
      cell.expectation == Expectation::AlwaysHangs || cell.expectation == Expectation::Lookalike;
  if (!has_rate(cell) || control || cell.boots.trials == 0) return "";
  const std::string boots =
      cell.boots.boots == 1 ? "one boot" : fmt::format("{} boots", cell.boots.boots);
  const char* source = cell.boots.source == RhoSource::Stated ? "if boots differ as rho" : "rho";
  if (cell.boots.hits > 0) {
    return fmt::format("{}: over boots the rate lies in {} .. {} % ({} {:.2g})", boots,
                       lower_text(cell.boots.interval.low, Unit::Percent),
                       upper_text(cell.boots.interval.high, Unit::Percent), source,
                       std::max(cell.boots.rho, 0.0));
  }
  return fmt::format("{}: over boots only p >= {} % is excluded ({} {:.2g})", boots,
                     upper_text(cell.boots.excluded_rate, Unit::Percent), source,
                     std::max(cell.boots.rho, 0.0));
}

std::string bias_text(const CellSummary& cell) {
  if (!cell.estimate.unbiased_point) return "";
  return fmt::format("ended at a hit, so the rate is too high on average; unbiased: {} %",
                     point_text(*cell.estimate.unbiased_point, Unit::Percent));
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

std::uint64_t unknown_trials(const CellSummary& cell) {
  const Tally& tally = cell.result->tally();
  return tally.attempted() - telling_trials(cell) - tally.count(Outcome::Skipped);
}

std::uint64_t telling_trials(const CellSummary& cell) {
  const Tally& tally = cell.result->tally();
  const bool stuck_tells = cell.expectation == Expectation::Lookalike;
  return tally.conclusive() + (stuck_tells ? tally.count(Outcome::Stuck) : 0);
}

const char* verdict_words(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::Reproduced:
      return "reproduced";
    case CellVerdict::UnexpectedlyClean:
      return "unexpectedly clean";
    case CellVerdict::Weak:
      return "weak";
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
    case CellVerdict::NoExpectation:
      return "no expectation";
    case CellVerdict::Stuck:
      return "stuck";
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
  const std::string words = verdict_words(cell.judgement.verdict);
  if (cell.judgement.shortfall != Shortfall::Cut) return words;
  const CellResult& result = *cell.result;
  if (result.tally().attempted() == 0 && result.searched() == 0) return "not run";
  return cell.judgement.verdict == CellVerdict::Inconclusive ? "unfinished"
                                                             : words + ", unfinished";
}

std::string plural(std::uint64_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace hangrate
