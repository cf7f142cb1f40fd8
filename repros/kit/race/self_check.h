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
  Nanos held = 0;  ///< the first gap between two readings of at least `least`, ns
};

/// Aims `hold` at `ahead` ns from now, and reads the clock in a loop on the same CPU, until a gap
/// of at least `least` ns has been seen or `watch` ns have passed. The error of both figures is one
/// reading of the clock.
HoldSeen see_hold(const InterruptHold& hold, Nanos ahead, Nanos watch, Nanos least);

/// Of `rounds`, the lower quartile of each figure: a virtual CPU that loses its host CPU leaves
/// gaps too, in some rounds, and makes them longer, never shorter. `held` 0: in more than a quarter
/// of the rounds it never came.
HoldSeen typical_hold(const InterruptHold& hold, int rounds, Nanos least);

/// How long a wake-up without sleepers takes on a pipe with `herd` (nullptr: without), ns; the
/// median of `rounds` resizes of an empty pipe. -1 with errno set: a call failed.
Nanos wake_cost(const WakeHerd* herd, int rounds);

/// Gives `tid` (0: the caller) the placement and reads back what the kernel made of it. Returns ""
/// or what was refused.
std::string grant(int tid, const Placement& placement);

}  // namespace hangrate::kit
