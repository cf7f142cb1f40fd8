// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/verdict_text.h"

#include <fmt/format.h>

#include "harness/report/rounding.h"
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

/// What a clean run excludes, with every doubtful trial taken for a hit.
std::string excluded_text(const CellCase& seen, const CellJudgement& judgement) {
  return fmt::format("p >= {} with {}", upper_text(judgement.excluded_rate),
                     percent_text(seen.confidence));
}

std::string clean_text(const Tally& tally) {
  return fmt::format("0/{}", tally.conclusive());
}

/// What could still hide behind a clean result.
std::string doubt_text(const CellCase& seen) {
  const Tally& tally = seen.tally;
  std::string list;
  const auto add = [&](Outcome outcome, const char* words) {
    const std::uint64_t count = tally.count(outcome);
    if (count > 0) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, words);
  };
  if (seen.expectation != Expectation::Lookalike) add(Outcome::Stuck, "stuck");
  add(Outcome::Inconclusive, "inconclusive");
  add(Outcome::LostMachine, "lost with the machine");
  return list.empty() ? "" : "; could hide a hit: " + list;
}

std::string weak_text(const CellCase& seen, const CellJudgement& judgement) {
  if (seen.helped) {
    return fmt::format(
        "weak: none of {} helped trials hit; the help may not reach the window here; --natural "
        "tells",
        seen.tally.conclusive());
  }
  const std::string reference = point_text(seen.reference_rate);
  if (seen.excluded_over_boots && judgement.excluded_rate <= seen.reference_rate) {
    return fmt::format(
        "weak over boots: {} excludes only p >= {} there; {} takes {} boots like these",
        clean_text(seen.tally), upper_text(*seen.excluded_over_boots), reference,
        seen.boots_needed);
  }
  const std::string over = excluded_text(seen, judgement);
  return fmt::format("weak: {} excludes only {}; {} takes {} trials", clean_text(seen.tally), over,
                     reference, judgement.needed);
}

std::string control_held_text(const CellCase& seen, const CellJudgement& judgement) {
  const Tally& tally = seen.tally;
  if (seen.expectation == Expectation::AlwaysHangs) {
    return fmt::format("positive control held: {}/{} hung as declared", tally.hits(),
                       tally.conclusive());
  }
  if (seen.expectation == Expectation::Lookalike) {
    const std::uint64_t stood = tally.other_hangs() + tally.count(Outcome::Stuck);
    return fmt::format("lookalike held: {} stood still as declared, none was taken for this bug",
                       plural(stood, "trial", "trials"));
  }
  return fmt::format("negative control held: {} hung, would have seen {}", clean_text(tally),
                     excluded_text(seen, judgement));
}

std::string control_broken_text(const CellCase& seen) {
  const Tally& tally = seen.tally;
  if (seen.expectation == Expectation::AlwaysHangs) {
    return fmt::format("positive control broken: only {}/{} hung as declared", tally.hits(),
                       tally.conclusive());
  }
  if (seen.expectation == Expectation::Lookalike) {
    const std::uint64_t stood = tally.other_hangs() + tally.count(Outcome::Stuck);
    return fmt::format(
        "lookalike broken: {} of {} stood still, {} of them elsewhere than declared, {} taken for "
        "this bug",
        stood, plural(tally.conclusive() + tally.count(Outcome::Stuck), "trial", "trials"),
        tally.misplaced(), tally.hits());
  }
  return "negative control broken: " + seen_text(tally);
}

}  // namespace

std::string verdict_sentence(const CellCase& seen, const CellJudgement& judgement,
                             const RateEstimate& estimate) {
  const Tally& tally = seen.tally;
  const std::string doubt = doubt_text(seen);
  switch (judgement.verdict) {
    case CellVerdict::Reproduced:
      return "reproduced: " + seen_text(tally) + interval_text(tally, estimate) +
             search_text(tally, seen.search);
    case CellVerdict::UnexpectedlyClean:
      return fmt::format("affected but clean: {} excludes {}, and p >= {} was expected{}",
                         clean_text(tally), excluded_text(seen, judgement),
                         point_text(seen.reference_rate), doubt);
    case CellVerdict::Weak:
      return weak_text(seen, judgement) + doubt;
    case CellVerdict::FixedClean:
      return fmt::format("fixed and clean: {}, would have seen {}{}", clean_text(tally),
                         excluded_text(seen, judgement), doubt);
    case CellVerdict::Regression:
      return "regression: " + seen_text(tally) + " where none was expected" +
             interval_text(tally, estimate) + search_text(tally, seen.search);
    case CellVerdict::OtherHang:
      return fmt::format("unexpected: {} not this bug, next to {}",
                         plural(tally.other_hangs() + seen.search.other_hangs(), "hang that is",
                                "hangs that are"),
                         seen_text(tally)) +
             search_text(tally, seen.search);
    case CellVerdict::ControlHeld:
      return control_held_text(seen, judgement) + doubt;
    case CellVerdict::ControlBroken:
      return control_broken_text(seen) + search_text(tally, seen.search);
    case CellVerdict::Measured:
      return fmt::format("measured: {}, no hang{}", plural(tally.conclusive(), "trial", "trials"),
                         doubt);
    case CellVerdict::NoExpectation:
      return fmt::format("what is right for this kernel is not known: {}{}{}", seen_text(tally),
                         interval_text(tally, estimate), search_text(tally, seen.search)) +
             doubt;
    case CellVerdict::Stuck:
      return fmt::format("stuck: {} stood still and nothing is proven, next to {}",
                         plural(tally.count(Outcome::Stuck) + seen.search.count(Outcome::Stuck),
                                "trial", "trials"),
                         seen_text(tally));
    case CellVerdict::Infra:
      return fmt::format("infrastructure: {} of {} failed before they could tell anything",
                         tally.lost(), plural(tally.attempted(), "trial", "trials"));
    case CellVerdict::Skipped:
      return "skipped: " + plural(tally.attempted(), "trial", "trials");
    case CellVerdict::Inconclusive:
      return fmt::format(
          "inconclusive: {} of {} could be judged",
          tally.conclusive() +
              (seen.expectation == Expectation::Lookalike ? tally.count(Outcome::Stuck) : 0),
          plural(tally.attempted(), "trial", "trials"));
  }
  return "?";
}

}  // namespace hangrate
