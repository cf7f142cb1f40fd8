// SPDX-License-Identifier: GPL-2.0-or-later
//
// judge_trial(): an Observation and the variant it is of become a Verdict. The one judge of trials:
// the Watch asks it whether a hang is established, and what it found then is what the verdict rests
// on. Pure and deterministic, so that an old journal can be judged again.
//
// A hang is proven, or it is none: its invariant is broken between two motionless looks. What
// stands still without that, for whatever time, is Stuck; what does not even stand still is
// Inconclusive.
#pragma once

#include "harness/judge/assess.h"
#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate {

/// What the rounds of an observation prove so far. A hang at another place than the manifest names
/// must have lasted for Observation::window, with the invariant broken at both ends: a lock that is
/// held for a moment looks the same.
struct Evidence {
  Finding finding;  ///< of the last round
  Proof proof = Proof::None;
  bool motionless = false;  ///< from the first round to the last, for the window at least
  Nanos motionless_for = 0;
};
Evidence evidence_of(const Observation& observation, const Variant& variant);

/// The verdict once the trial has ended, from the evidence there was before anything was poked.
Verdict judge_trial(const Evidence& evidence, const Observation& observation,
                    const Variant& variant);
inline Verdict judge_trial(const Observation& observation, const Variant& variant) {
  return judge_trial(evidence_of(observation, variant), observation, variant);
}

}  // namespace hangrate
