// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many independent trials the trials of clusters are worth. Shared by estimate_rate(), whose
// clusters are blocks of one run, and bound_over_boots(). Pure.
#pragma once

#include <span>

#include "harness/stats/cluster.h"

namespace hangrate {

/// What the trials are worth if each cluster is all hits or all misses. No spread is larger: the
/// share of hits of a cluster lies in [0, 1] with mean p, so its variance is at most p (1 - p), and
/// that of the rate at most p (1 - p) sum(n^2) / N^2. Needs a trial.
double fewest_effective(std::span<const Cluster> clusters);

/// Trials over the design effect learnt from the clusters themselves, times the squared ratio of
/// the t quantiles for as many trials and for as many clusters: E. Korn, B. Graubard, Survey
/// Methodology 24 (1998) 193-201. At least fewest_effective(), where two clusters would make it
/// less than one trial, at most the trials. At least two clusters that are not empty.
double learnt_effective(std::span<const Cluster> clusters, double design_effect, double confidence);

}  // namespace hangrate
