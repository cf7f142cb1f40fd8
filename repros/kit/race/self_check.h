// SPDX-License-Identifier: GPL-2.0-or-later
//
// Proof, at setup, that what shall widen a race really does here: measured, not believed.
#pragma once

#include <string>

#include "harness/base/clock.h"
#include "repros/kit/actor.h"
#include "repros/kit/race/interrupt_hold.h"
#include "repros/kit/race/wake_herd.h"

namespace hangrate::kit {

/// What one aimed interrupt did, seen from the CPU it was aimed at. `held` 0: it never came.
struct HoldSeen {
  Nanos late = 0;  ///< from the time aimed at to the last clock reading before the gap, ns
  Nanos held = 0;  ///< the longest gap between two readings, ns
};

/// Aims `hold` at `ahead` ns from now, and reads the clock in a loop on the same CPU for `watch` ns.
/// A virtual CPU that loses its host CPU leaves gaps too: take the median of several.
HoldSeen see_hold(const InterruptHold& hold, Nanos ahead, Nanos watch);

/// Of `rounds`, by length of the hold.
HoldSeen median_hold(const InterruptHold& hold, int rounds);

/// How long a wake-up without sleepers takes on a pipe with `herd` (nullptr: without), ns; the
/// median of `rounds` resizes of an empty pipe. -1 with errno set: a call failed.
Nanos wake_cost(const WakeHerd* herd, int rounds);

/// Gives `tid` (0: the caller) the placement and reads back what the kernel made of it. Returns ""
/// or what was refused.
std::string grant(int tid, const Placement& placement);

}  // namespace hangrate::kit
