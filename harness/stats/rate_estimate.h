// SPDX-License-Identifier: GPL-2.0-or-later
//
// RateEstimate: the hit rate per trial as it is reported: point, interval, how the interval was
// made and what the run excludes if it was clean. Every reporter prints these fields. Pure; never
// pools runs: pass the clusters of one variant on one kernel, traced and untraced runs apart.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "harness/stats/dispersion.h"
#include "harness/stats/interval.h"

namespace hangrate {

struct RateEstimate {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;  ///< conclusive ones
  double point = 0.0;        ///< hits / trials; 0 without trials
  /// Of a run that ended at its r-th hit, r > 1: (r - 1) / (n - 1). There `point` is too high on
  /// average, because the run ends just after good luck (J. Haldane, Biometrika 33 (1945) 222-225).
  std::optional<double> unbiased_point;
  Interval interval;  ///< two-sided
  double confidence = 0.95;
  std::string method = "none";    ///< "none", "clopper-pearson" or "korn-graubard"
  double effective_trials = 0.0;  ///< independent trials the clusters are worth, <= trials
  double excluded_rate = 1.0;     ///< what that many trials exclude when none hits, one-sided
  DispersionResult dispersion;
  bool operator==(const RateEstimate&) const = default;
};

/// Independent trials get the exact interval. If the over-dispersion test fires, the interval is
/// Clopper-Pearson on the effective sample size, trials / design effect, reduced further for the
/// few clusters the design effect was learnt from: E. Korn, B. Graubard, "Confidence intervals for
/// proportions with small expected number of positive counts estimated from survey data", Survey
/// Methodology 24 (1998) 193-201 (also svyciprop(method = "beta") of R's survey package).
/// That reduction ends where every cluster counts as one trial: more than all or nothing in each
/// they cannot differ. Two boots with 25/25 and 0/25 give 1.3 to 98.7 %, as 1 of 2 does.
///
/// How far that carries, simulated with 64 blocks of 200 beta-binomial trials at 95 %: with 60 hits
/// or more the interval covers 90 to 96 % up to an intra-cluster correlation of 0.05, where the
/// binomial one covers 45 %; with 13 hits in strong bursts it covers 77 to 86 % (binomial 47 to 67
/// %).
///
/// A clean run cannot be tested for bursts: its excluded_rate takes the trials as independent.
RateEstimate estimate_rate(std::span<const Cluster> clusters, double confidence);

/// The same for a run that its own outcomes ended: the test sees only `exchangeable`, those of the
/// trials whose order says nothing of when the run ended. Everything else counts all trials.
RateEstimate estimate_rate(std::span<const Cluster> clusters, std::span<const Cluster> exchangeable,
                           double confidence);

}  // namespace hangrate
