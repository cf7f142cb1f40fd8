// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/observer_effect.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace hangrate {

namespace {

double ns_per_trial(const LeaseTime& time) {
  return static_cast<double>(time.took) / static_cast<double>(time.trials);
}

/// Share of the hits to ratio of the rates.
double ratio_of(double share, const ObserverEffect& effect) {
  if (share >= 1.0) return std::numeric_limits<double>::infinity();
  return share / (1.0 - share) * static_cast<double>(effect.untraced.trials) /
         static_cast<double>(effect.traced.trials);
}

double share_of(const LeaseTime& timed, std::uint64_t trials) {
  return trials == 0 ? 0.0 : static_cast<double>(timed.trials) / static_cast<double>(trials);
}

void compare_rates(const RateEstimate& estimate, ObserverEffect& effect) {
  const auto traced = static_cast<double>(effect.traced.hits);
  const double hits = traced + static_cast<double>(effect.untraced.hits);
  if (hits == 0) return;
  effect.rate_ratio = ratio_of(traced / hits, effect);
  effect.widened = estimate.dispersion.overdispersed && estimate.trials > 0;
  const double worth =
      effect.widened ? estimate.effective_trials / static_cast<double>(estimate.trials) : 1.0;
  const Interval share =
      clopper_pearson_effective(traced * worth, hits * worth, estimate.confidence);
  effect.rate_interval = {ratio_of(share.low, effect), ratio_of(share.high, effect)};
}

void compare_speeds(const TraceCost& cost, ObserverEffect& effect) {
  const std::uint64_t fewest = std::min(cost.traced.trials, cost.untraced.trials);
  const double share = std::min(effect.traced_timed, effect.untraced_timed);
  if (fewest < kLeastTimedTrials || share < kLeastTimedShare) {
    effect.no_speed = fmt::format(
        "leases in which every trial ended by itself hold {} of the watched trials ({:.0f} %) and "
        "{} of the others ({:.0f} %); it takes {} and {:.0f} % of either",
        cost.traced.trials, 100 * effect.traced_timed, cost.untraced.trials,
        100 * effect.untraced_timed, kLeastTimedTrials, 100 * kLeastTimedShare);
    return;
  }
  effect.speed_ratio = ns_per_trial(cost.untraced) / ns_per_trial(cost.traced);
  const double extra = ns_per_trial(cost.traced) - ns_per_trial(cost.untraced);
  if (extra > 0 && effect.events_per_trial > 0) {
    effect.ns_per_event = extra / effect.events_per_trial;
  }
}

}  // namespace

std::optional<ObserverEffect> observer_effect(const CellResult& result,
                                              const RateEstimate& estimate) {
  ObserverEffect effect;
  const Tally& all = result.tally();
  effect.traced = {result.traced().reproductions(), result.traced().conclusive()};
  effect.untraced = {all.reproductions() - effect.traced.hits,
                     all.conclusive() - effect.traced.trials};
  if (effect.traced.trials == 0 || effect.untraced.trials == 0) return std::nullopt;

  compare_rates(estimate, effect);
  const TraceCost& cost = result.trace_cost();
  const std::uint64_t watched = result.traced().attempted();
  effect.events_per_trial = static_cast<double>(cost.events) / static_cast<double>(watched);
  effect.traced_timed = share_of(cost.traced, watched);
  effect.untraced_timed = share_of(cost.untraced, all.attempted() - watched);
  compare_speeds(cost, effect);
  return effect;
}

}  // namespace hangrate
