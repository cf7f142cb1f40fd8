// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/rate_estimate.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cstddef>

namespace hangrate {
namespace {

namespace policies = boost::math::policies;
using NoThrow = policies::policy<policies::domain_error<policies::ignore_error>,
                                 policies::overflow_error<policies::ignore_error>,
                                 policies::underflow_error<policies::ignore_error>,
                                 policies::evaluation_error<policies::ignore_error>>;

double t_quantile(double freedom, double tail) {
  const boost::math::students_t_distribution<double, NoThrow> t(freedom);
  return boost::math::quantile(boost::math::complement(t, tail));
}

/// What the trials are worth if each cluster is all hits or all misses. No spread is larger: the
/// share of hits of a cluster lies in [0, 1] with mean p, so its variance is at most p (1 - p), and
/// that of the rate at most p (1 - p) sum(n^2) / N^2.
double fewest_effective(std::span<const Cluster> clusters, double trials) {
  double squares = 0.0;
  for (const Cluster& cluster : clusters) {
    squares += static_cast<double>(cluster.trials) * static_cast<double>(cluster.trials);
  }
  return trials * trials / squares;
}

/// Trials over design effect, times the squared ratio of the t quantiles for as many trials and for
/// as many clusters; never below `fewest`, where two clusters would make it less than one trial.
double effective_trials(double trials, double clusters, double design_effect, double fewest,
                        double confidence) {
  const double tail = (1.0 - confidence) / 2.0;
  const double ratio = t_quantile(trials - 1.0, tail) / t_quantile(clusters - 1.0, tail);
  return std::clamp(trials / design_effect * ratio * ratio, fewest, trials);
}

}  // namespace

RateEstimate estimate_rate(std::span<const Cluster> clusters, double confidence) {
  RateEstimate estimate;
  estimate.confidence = confidence;
  std::size_t used = 0;
  for (const Cluster& cluster : clusters) {
    estimate.hits += cluster.hits;
    estimate.trials += cluster.trials;
    if (cluster.trials > 0) ++used;
  }
  if (estimate.trials == 0) return estimate;

  const auto trials = static_cast<double>(estimate.trials);
  estimate.point = static_cast<double>(estimate.hits) / trials;
  estimate.effective_trials = trials;
  estimate.dispersion = test_dispersion(clusters);
  if (estimate.dispersion.overdispersed) {
    estimate.method = "korn-graubard";
    estimate.effective_trials =
        effective_trials(trials, static_cast<double>(used), estimate.dispersion.design_effect,
                         fewest_effective(clusters, trials), confidence);
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
