// SPDX-License-Identifier: GPL-2.0-or-later
//
// explain(): the trace of a hung trial becomes an Explanation. For the known signatures it states
// the cause, every statement with its events; for any other shape it shows the deciding events and
// who waits for whom, never an invented cause. Pure and deterministic.
#pragma once

#include <string>

#include "harness/classify/explanation.h"
#include "harness/model/environment.h"
#include "harness/model/observation.h"

namespace hangrate {

/// Empty if there is no trace, the verdict is no hang, or no victim has an unfinished sleep in it.
/// `machine`: where the trial ran; its kernel and settings bound what may be claimed. A default one
/// is a machine nothing is known of.
Explanation explain(const Observation& observation, const Verdict& verdict,
                    const Environment& machine);

/// Why explain() gave nothing, in words.
std::string why_unexplained(const Observation& observation, const Verdict& verdict);

}  // namespace hangrate
