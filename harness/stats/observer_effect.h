// SPDX-License-Identifier: GPL-2.0-or-later
//
// ObserverEffect: what being watched by the flight recorder changes, from a cell in which some
// trials were watched and some were not. Only --trace compare chooses them blindly: in other runs
// the trials not watched are later ones, or those a full recorder turned away. Both kinds run the
// recorder's programs, which ask of every task whether it is watched; only --trace off runs none.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/stats/cell_result.h"
#include "harness/stats/interval.h"

namespace hangrate {

struct ArmTally {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;  ///< conclusive
  bool operator==(const ArmTally&) const = default;
};

struct ObserverEffect {
  ArmTally traced;
  ArmTally untraced;
  /// Hit rate traced / untraced. Given the sum of the hits, those of one arm are binomial where
  /// hits are rare, so the interval is the exact one of that share; where hits are common it is
  /// wider than it had to be. J. Przyborowski, H. Wilenski, "Homogeneity of results in testing
  /// samples from Poisson series", Biometrika 31 (1940) 313-323. Infinite above if no untraced
  /// trial hit.
  std::optional<double> rate_ratio;
  Interval rate_interval;
  /// Hits come in bursts, so the sum of them counts as fewer, by the factor by which the trials of
  /// the cell do (RateEstimate). Bursts that spread over both arms move their ratio less than that.
  bool widened = false;
  /// Trials per second traced / untraced, from leases in which every trial ended in time. Where
  /// most trials hang those are few and not like the others: then there is none, but a reason.
  std::optional<double> speed_ratio;
  std::string no_speed;           ///< why not
  double traced_timed = 0.0;      ///< share of the traced trials in such leases
  double untraced_timed = 0.0;    ///< and of the untraced
  double events_per_trial = 0.0;  ///< of a traced one
  /// Extra time of a traced trial for each of its events; none if it took no longer.
  std::optional<double> ns_per_event;
};

/// So many trials of either arm, and such a share of them, a speed ratio rests on at least.
inline constexpr std::uint64_t kLeastTimedTrials = 100;
inline constexpr double kLeastTimedShare = 0.2;

/// nullopt: not both kinds of trials are there. `estimate` is of the same cell.
std::optional<ObserverEffect> observer_effect(const CellResult& result,
                                              const RateEstimate& estimate);

}  // namespace hangrate
