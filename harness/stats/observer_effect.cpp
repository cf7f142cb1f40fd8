// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/observer_effect.h"

#include <limits>

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

}  // namespace

std::optional<ObserverEffect> observer_effect(const CellResult& result, double confidence) {
  ObserverEffect effect;
  const Tally& all = result.tally();
  effect.traced = {result.traced().reproductions(), result.traced().conclusive()};
  effect.untraced = {all.reproductions() - effect.traced.hits,
                     all.conclusive() - effect.traced.trials};
  if (effect.traced.trials == 0 || effect.untraced.trials == 0) return std::nullopt;

  const std::uint64_t hits = effect.traced.hits + effect.untraced.hits;
  if (hits > 0) {
    const Interval share = clopper_pearson(effect.traced.hits, hits, confidence);
    effect.rate_ratio =
        ratio_of(static_cast<double>(effect.traced.hits) / static_cast<double>(hits), effect);
    effect.rate_interval = {ratio_of(share.low, effect), ratio_of(share.high, effect)};
  }
  const TraceCost& cost = result.trace_cost();
  const auto watched = static_cast<double>(result.traced().attempted());
  effect.events_per_trial = static_cast<double>(cost.events) / watched;
  if (cost.traced.trials == 0 || cost.untraced.trials == 0) return effect;
  effect.speed_ratio = ns_per_trial(cost.untraced) / ns_per_trial(cost.traced);
  if (effect.events_per_trial > 0) {
    effect.ns_per_event =
        (ns_per_trial(cost.traced) - ns_per_trial(cost.untraced)) / effect.events_per_trial;
  }
  return effect;
}

}  // namespace hangrate
