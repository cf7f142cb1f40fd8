// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sweeping before a run, and telling of it.
#pragma once

#include <string>

#include "harness/sys/sweep.h"

namespace hangrate {

/// What could not be removed, one line each, for stderr.
void tell_left(const SweepReport& report);

/// Removes what killed runs of this user have left, before the first worker: one line on stderr if
/// there was anything. Takes milliseconds, 5 s at most.
void sweep_before_run();

}  // namespace hangrate
