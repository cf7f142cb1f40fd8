// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dispersion: do hits come in bursts? Trials of one worker, one boot or one minute are not
// independent, and a binomial interval over bursts is too narrow. Used by estimate_rate(); whoever
// has clusters may ask directly. Pure: the same clusters give the same answer on every machine.
//
// R. Tarone, "Testing the goodness of fit of the binomial distribution", Biometrika 66 (1979)
// 585-590; intra-cluster correlation: A. Donner, International Statistical Review 54 (1986) 67-82.
#pragma once

#include <span>

#include "harness/stats/cluster.h"

namespace hangrate {

struct DispersionResult {
  bool tested = false;         ///< false: fewer than 2 clusters, or fewer than 2 hits or misses
  double z = 0.0;              ///< Tarone's Z; positive = hits bunch together
  double p_value = 1.0;        ///< one-sided, of a spread this large if trials were independent
  double rho = 0.0;            ///< intra-cluster correlation (ANOVA estimator), may be negative
  double design_effect = 1.0;  ///< 1 + (m - 1) rho, m the mean cluster of a trial; never below 1
  bool overdispersed = false;  ///< p_value <= kDispersionAlpha
  bool operator==(const DispersionResult&) const = default;
};

/// One test in twenty fires on independent trials. That only widens an interval; a burst missed
/// would make it wrong, so the level is not stricter.
inline constexpr double kDispersionAlpha = 0.05;

/// The clusters must be cut without looking at outcomes: blocks of the trial index, not workers.
/// A worker ends at its first hit, so it never holds two and its size is a function of its result.
/// Cut like that, independent trials show a design effect of 5 instead of 1, and bursts a much
/// larger one than they have (dispersion_test.cpp measures both): every interval would be wrong.
///
/// Z's normal tail is wrong for rare hits (with 5 hits in 64 blocks it fires on 15 % of independent
/// runs, not 5 %). So up to 512 hits the p-value is the conditional one, given the number of hits:
/// the share of random placements of as many hits on the same trials which bunch at least as much
/// (at most 1999 draws, fixed seed). Above, a chi-squared with the same two moments. Placements
/// that spread alike are told apart by how near to each other the hits are: 4 hits in 64 blocks
/// know three spreads that matter, and by the spread alone the test would fire on 0.6 % of them.
///
/// The trials must be exchangeable. Those of a run that ended at a hit are not: its last trial is a
/// hit, alone in a block that has hardly begun, and the test would fire on up to 37 % of
/// independent runs with --hits. Leave that trial out (CellResult::estimate()); then it fires on 3
/// to 6 % of the runs it can test, under every stop rule (coverage_test.cpp).
DispersionResult test_dispersion(std::span<const Cluster> clusters);

/// DispersionResult::rho alone, without the test. 0 where it cannot be told.
double intra_cluster_rho(std::span<const Cluster> clusters);

}  // namespace hangrate
