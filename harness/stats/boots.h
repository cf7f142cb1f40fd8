// SPDX-License-Identifier: GPL-2.0-or-later
//
// BootBound: a rate over boots. Trials of one boot share its memory layout, its timing and its
// luck, so a claim about the kernel, not about the boots that were run, must count the boots.
// Used by whoever has one Cluster per boot. Pure.
//
// Random effects: every boot has a rate of its own with mean p and variance rho p (1 - p). Then m
// trials of a boot are worth m / (1 + (m - 1) rho) independent ones (L. Kish, "Survey Sampling",
// 1965), and the interval is Clopper-Pearson on that many (see rate_estimate.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/stats/cluster.h"
#include "harness/stats/interval.h"

namespace hangrate {

/// The intra-boot correlation that is assumed where the boots themselves do not say better; above
/// all where no trial hit, because rates that are all 0 show no spread. An assumption, not a
/// measurement. With it a boot is worth at most 20 trials, however long it runs, so no single boot
/// excludes a rate below 14 % with 95 %, and 30 boots exclude 0.5 %. At a rate of 1 % it is a
/// standard deviation between boots of 2.2 %: most boots hardly show the bug, a few show it often.
/// Rare bugs that hang on a boot's layout look like that.
inline constexpr double kStatedRho = 0.05;

/// How many times likelier the hits must be with no correlation than with the stated one, both at
/// their best rate, before the stated one is given up. If the stated one is true that happens in
/// 1 to 8 % of the runs of 5 boots or more, in up to 30 % of those of two; the spread that was seen
/// still counts then.
inline constexpr double kRefuted = 5.0;

enum class RhoSource {
  Stated,     ///< the boots say nothing else: no hit, all hits, one boot, or too few hits to tell
  Estimated,  ///< what the boots show, few as they are, makes them worth less than the stated rho
  Refuted,    ///< the boots differ clearly less; rho is what they show, 0 included
};

struct BootBound {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;
  std::size_t boots = 0;       ///< with at least one trial; of 1 nothing is learnt about others
  Interval interval;           ///< two-sided, of the mean rate over all boots there could be
  double excluded_rate = 1.0;  ///< what that many effective trials exclude when none hits
  double rho = kStatedRho;
  RhoSource source = RhoSource::Stated;
  double effective_trials = 0.0;  ///< independent trials the boots are worth, <= trials
  bool operator==(const BootBound&) const = default;
};

/// `stated_rho` in [0, 1].
///
/// Stated: trials over the design effect of that rho. Estimated: over that of the analysis of
/// variance, and reduced for the few boots it was learnt from (learnt_effective()), where that is
/// less. Refuted: the same, where it is more. Never less than one trial for each boot, because
/// boots cannot differ more than all or nothing.
///
/// coverage_test.cpp measures the coverage with beta-binomial boots. It is 93 % or more for 2 to 20
/// boots up to twice the stated rho, and about what it says for independent trials; what is assumed
/// where the true rho is smaller but cannot be told makes it 99 % and more for rare hits: the
/// price. Where boots differ far more than stated it ends: 87 % with 5 boots, rho 0.3 and a rate of
/// 10 %.
///
/// The beta is not the worst shape for a clean result. Where a boot has the bug or has it not at
/// all, with the same rho, the excluded rate is wrong for 9 % of the runs of 5 boots and for 24 %
/// of those of one, where it should be for 5 %.
BootBound bound_over_boots(std::span<const Cluster> boots, double confidence,
                           double stated_rho = kStatedRho);

/// How many clean boots of `trials_per_boot` trials exclude `rate`: the smallest number for which
/// bound_over_boots() says so with this rho. The largest std::uint64_t if none does.
std::uint64_t boots_to_exclude(double rate, std::uint64_t trials_per_boot, double rho,
                               double confidence);

const char* rho_source_name(RhoSource source);

}  // namespace hangrate
