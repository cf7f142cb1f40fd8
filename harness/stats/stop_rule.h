// SPDX-License-Identifier: GPL-2.0-or-later
//
// StopRule: when a run has seen enough. Used by run/ after every batch of trials; pure, so a
// journal replayed gives the same decision. It never reads a clock: the elapsed time is handed in.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/base/clock.h"
#include "harness/model/ends.h"
#include "harness/stats/tally.h"

namespace hangrate {

struct Exclusion {
  double rate = 0.001;  ///< per trial
  double confidence = 0.95;
  bool operator==(const Exclusion&) const = default;
};

/// What is not set never stops a run; a rule with nothing set runs until the user ends it.
struct StopRule {
  /// Attempted trials, whatever became of them: a run of skips or infra failures ends too.
  std::optional<std::uint64_t> trials;
  /// Trials that showed the bug (Tally::reproductions()).
  ///
  /// Stopping at the r-th hit is inverse (negative binomial) sampling: the run ends just after good
  /// luck, so hits / trials is too high on average (for r = 1 and a rate p of 0.001, seven-fold:
  /// E[1/n] = p ln(1/p) / (1 - p)). The unbiased point is (r - 1) / (n - 1) (J. Haldane,
  /// Biometrika 33 (1945) 222-225), RateEstimate::unbiased_point. What is reported stays
  /// hits / trials with the Clopper-Pearson interval, because that interval contains the exact one
  /// for this sampling (same lower end, higher upper end), and the end reason says how the point
  /// was come by. For a rate to compare, stop at trials.
  std::optional<std::uint64_t> hits;
  /// A clean run excludes this rate. A run with a hit or anomaly ends after as many conclusive
  /// trials as a clean one would have needed. That number is known beforehand, so asking after
  /// every batch costs no confidence. A trial that may have been a hit counts as one, and is made
  /// up for by others, up to kMostForOne attempts in all for each one needed.
  std::optional<Exclusion> until_excluded;
  /// Elapsed time. A hit takes longer than a clean trial, so this leans on the outcome a little:
  /// the last trials before the budget ends are more often clean ones.
  std::optional<Nanos> budget;
  /// Attempted trials before which the budget ends nothing, while they are clean.
  std::uint64_t at_least = 0;
  bool operator==(const StopRule&) const = default;
};

inline constexpr double kMostForOne = 2.0;

/// The first that holds of: Hits, Excluded, Trials, Budget; None: go on.
EndReason decide(const StopRule& rule, const Tally& tally, Nanos elapsed);

}  // namespace hangrate
