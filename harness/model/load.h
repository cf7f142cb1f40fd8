// SPDX-License-Identifier: GPL-2.0-or-later
//
// LoadFact: what else went on on a machine while something was measured on it. Plain values.
#pragma once

namespace hangrate {

/// Negative: not known.
struct LoadFact {
  double queue = -1;  ///< tasks that ran or waited for a CPU when it began, 1-minute mean, per CPU
  double busy = -1;   ///< share of the CPU time that was used meanwhile, by us too
  double steal = -1;  ///< share of the CPU time that a hypervisor gave to others
  bool operator==(const LoadFact&) const = default;
};

}  // namespace hangrate
