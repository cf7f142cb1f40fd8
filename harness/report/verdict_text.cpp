// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/verdict_text.h"

#include <fmt/format.h>

#include "harness/report/rounding.h"
#include "harness/stats/interval.h"

namespace hangrate {
namespace {

std::string percent_text(double share) {
  return fmt::format("{:.4g} %", share * 100.0);
}

std::string plural(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "12 hits, 3 anomalies in 4000 trials"
std::string seen_text(const Tally& tally) {
  std::string text;
  if (tally.hits() > 0 || tally.anomalies() == 0) text = plural(tally.hits(), "hit", "hits");
  if (tally.anomalies() > 0) {
    if (!text.empty()) text += ", ";
    text += plural(tally.anomalies(), "anomaly", "anomalies");
  }
  return text + " in " + plural(tally.conclusive(), "trial", "trials");
}

/// What the search proved where the measured trials did not: "; in the search 3 hits in 300
/// trials".
std::string search_text(const Tally& tally, const Tally& search) {
  if (search.reproductions() == 0 || tally.reproductions() > 0) return "";
  return "; in the search " + seen_text(search);
}

/// ", p = 0.003 (0.0016 .. 0.0052 with 95 %)", when the estimate is one of the same events.
std::string interval_text(const Tally& tally, const RateEstimate& estimate) {
  if (estimate.trials == 0 || estimate.hits == 0) return "";
  if (estimate.hits != tally.hits() && estimate.hits != tally.reproductions()) return "";
  const char* bursts = estimate.dispersion.overdispersed ? ", hits come in bursts" : "";
  return fmt::format(", p = {} ({} .. {} with {}{})", point_text(estimate.point),
                     lower_text(estimate.interval.low), upper_text(estimate.interval.high),
                     percent_text(estimate.confidence), bursts);
}

std::string excluded_text(const RateEstimate& estimate) {
  return fmt::format("p >= {} with {}", upper_text(estimate.excluded_rate),
                     percent_text(estimate.confidence));
}

std::string clean_text(const Tally& tally) {
  return fmt::format("0/{}", tally.conclusive());
}

/// What could still hide behind a clean result.
std::string doubt_text(const Tally& tally) {
  const std::uint64_t open = tally.count(Outcome::Inconclusive);
  if (open == 0) return "";
  return fmt::format("; {} could hide a hit",
                     plural(open, "inconclusive trial", "inconclusive trials"));
}

std::string low_power_text(const Tally& tally, const RateEstimate& estimate,
                           double reference_rate) {
  return fmt::format("affected and clean, too few trials: {} excludes only {}; {} takes {} trials",
                     clean_text(tally), excluded_text(estimate), point_text(reference_rate),
                     trials_to_exclude(reference_rate, estimate.confidence));
}

std::string control_held_text(Expectation expectation, const Tally& tally) {
  if (expectation == Expectation::AlwaysHangs) {
    return fmt::format("positive control held: {}/{} hung as declared", tally.hits(),
                       tally.conclusive());
  }
  if (expectation == Expectation::Lookalike) {
    return fmt::format("lookalike held: {}/{} hung, none was taken for this bug",
                       tally.other_hangs(), tally.conclusive());
  }
  return fmt::format("negative control held: {} hung", clean_text(tally));
}

std::string control_broken_text(Expectation expectation, const Tally& tally) {
  if (expectation == Expectation::AlwaysHangs) {
    return fmt::format("positive control broken: only {}/{} hung as declared", tally.hits(),
                       tally.conclusive());
  }
  if (expectation == Expectation::Lookalike) {
    return fmt::format(
        "lookalike broken: {}/{} hung in another way as they should, {} taken for "
        "this bug",
        tally.other_hangs(), tally.conclusive(), tally.hits());
  }
  return "negative control broken: " + seen_text(tally);
}

}  // namespace

std::string explain(CellVerdict verdict, Expectation expectation, const Tally& tally,
                    const RateEstimate& estimate, double reference_rate, const Tally& search) {
  switch (verdict) {
    case CellVerdict::Reproduced:
      return "reproduced: " + seen_text(tally) + interval_text(tally, estimate) +
             search_text(tally, search);
    case CellVerdict::UnexpectedlyClean:
      return fmt::format("affected but clean: {} excludes {}, and p >= {} was expected{}",
                         clean_text(tally), excluded_text(estimate), point_text(reference_rate),
                         doubt_text(tally));
    case CellVerdict::InconclusivePower:
      return low_power_text(tally, estimate, reference_rate) + doubt_text(tally);
    case CellVerdict::FixedClean:
      return fmt::format("fixed and clean: {}, would have seen {}{}", clean_text(tally),
                         excluded_text(estimate), doubt_text(tally));
    case CellVerdict::Regression:
      return "regression: " + seen_text(tally) + " on a kernel without this bug" +
             interval_text(tally, estimate) + search_text(tally, search);
    case CellVerdict::OtherHang:
      return fmt::format("unexpected: {} not this bug, next to {}",
                         plural(tally.other_hangs() + search.other_hangs(), "hang that is",
                                "hangs that are"),
                         seen_text(tally)) +
             search_text(tally, search);
    case CellVerdict::ControlHeld:
      return control_held_text(expectation, tally) + doubt_text(tally);
    case CellVerdict::ControlBroken:
      return control_broken_text(expectation, tally) + search_text(tally, search);
    case CellVerdict::Measured:
      return fmt::format("measured: {}, no hang, excludes {}{}",
                         plural(tally.conclusive(), "trial", "trials"), excluded_text(estimate),
                         doubt_text(tally));
    case CellVerdict::Infra:
      return fmt::format("infrastructure: {} of {} failed before they could tell anything",
                         tally.lost(), plural(tally.attempted(), "trial", "trials"));
    case CellVerdict::Skipped:
      return "skipped: " + plural(tally.attempted(), "trial", "trials");
    case CellVerdict::Inconclusive:
      return fmt::format("inconclusive: {} of {} could be judged", tally.conclusive(),
                         plural(tally.attempted(), "trial", "trials"));
  }
  return "?";
}

}  // namespace hangrate
