// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/stop_rule.h"

#include "harness/stats/interval.h"
#include "harness/stats/power.h"

namespace hangrate {
namespace {

bool excludes(const Exclusion& wanted, const Tally& tally) {
  const std::uint64_t possible = tally.possible_hits();
  return tally.reproductions() == 0 && tally.conclusive() > 0 &&
         excluded_rate(possible, tally.conclusive() + possible, wanted.confidence) <= wanted.rate;
}

/// Enough for one that is not clean, or so many without a word that more would not help.
bool exhausted(const Exclusion& wanted, const Tally& tally) {
  constexpr double kAtLeast = 100;
  const auto needed = static_cast<double>(trials_to_exclude(wanted.rate, wanted.confidence));
  const bool shown = tally.reproductions() > 0;
  return (shown && static_cast<double>(tally.conclusive()) >= needed) ||
         static_cast<double>(tally.attempted()) >= kMostForOne * needed + kAtLeast;
}

}  // namespace

EndReason decide(const StopRule& rule, const Tally& tally, Nanos elapsed) {
  if (rule.hits && tally.reproductions() >= *rule.hits) return EndReason::Hits;
  if (rule.until_excluded && excludes(*rule.until_excluded, tally)) return EndReason::Excluded;
  if (rule.until_excluded && exhausted(*rule.until_excluded, tally)) return EndReason::Trials;
  if (rule.trials && tally.attempted() >= *rule.trials) return EndReason::Trials;
  // Once the bug is shown, or a trial stuck, more trials make no better answer.
  const bool answered = tally.reproductions() > 0 || tally.count(Outcome::Stuck) > 0;
  const bool enough = answered || tally.attempted() >= rule.at_least;
  if (rule.budget && elapsed >= *rule.budget && enough) return EndReason::Budget;
  return EndReason::None;
}

}  // namespace hangrate
