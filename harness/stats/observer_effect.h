// SPDX-License-Identifier: GPL-2.0-or-later
//
// ObserverEffect: what being watched by the flight recorder changes, from a cell in which some
// trials were watched and some were not (--trace compare). Pure.
#pragma once

#include <cstdint>
#include <optional>

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
  /// Trials per second traced / untraced, from leases in which every trial ended in time.
  std::optional<double> speed_ratio;
  double events_per_trial = 0.0;       ///< of a traced one
  std::optional<double> ns_per_event;  ///< extra time of a traced trial for each of its events
};

/// nullopt: not both kinds of trials are there.
std::optional<ObserverEffect> observer_effect(const CellResult& result, double confidence);

}  // namespace hangrate
