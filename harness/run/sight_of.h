// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Sight of a worker: its slot, read in the one order that is safe. Private to run/.
#pragma once

#include "harness/cell/sight.h"
#include "harness/run/worker.h"

namespace hangrate {

/// What the slot alone says.
Sight sight_of(const protocol::Slot& slot);
/// `traced`: the flight recorder follows it.
Sight sight_of(const Worker& worker, bool traced);

}  // namespace hangrate
