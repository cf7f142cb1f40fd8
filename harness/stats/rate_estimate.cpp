// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/rate_estimate.h"

#include "harness/stats/effective.h"

namespace hangrate {
RateEstimate estimate_rate(std::span<const Cluster> clusters, double confidence) {
  return estimate_rate(clusters, clusters, confidence);
}

RateEstimate estimate_rate(std::span<const Cluster> clusters, std::span<const Cluster> exchangeable,
                           double confidence) {
  RateEstimate estimate;
  estimate.confidence = confidence;
  for (const Cluster& cluster : clusters) {
    estimate.hits += cluster.hits;
    estimate.trials += cluster.trials;
  }
  if (estimate.trials == 0) return estimate;

  const auto trials = static_cast<double>(estimate.trials);
  estimate.point = static_cast<double>(estimate.hits) / trials;
  estimate.effective_trials = trials;
  estimate.dispersion = test_dispersion(exchangeable);
  if (estimate.dispersion.overdispersed) {
    estimate.method = "korn-graubard";
    estimate.effective_trials =
        learnt_effective(clusters, estimate.dispersion.design_effect, confidence);
    estimate.interval = clopper_pearson_effective(estimate.point * estimate.effective_trials,
                                                  estimate.effective_trials, confidence);
  } else {
    estimate.method = "clopper-pearson";
    estimate.interval = clopper_pearson(estimate.hits, estimate.trials, confidence);
  }
  estimate.excluded_rate = excluded_rate_effective(estimate.effective_trials, confidence);
  return estimate;
}

}  // namespace hangrate
