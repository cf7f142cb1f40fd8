// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one look at a trial shows, and whether it proves a hit. Pure: a recorded round gives the
// same answer on any machine. A hit needs three things at once, from two independent sides:
//   invariant  broken, as the reproducer says, at a moment between the two looks;
//   witness    every victim asleep in the same place in both looks, without one context switch;
//   signature  asleep where the manifest says.
// A sleep that ends by itself, at a time of its own, is none, whatever a reproducer says.
#pragma once

#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate {

enum class Motion {
  Gone,        ///< no victim is alive any more
  Motionless,  ///< asleep in the same place, no context switch in between
  Halted,      ///< stopped by a signal or a tracer: not asleep by itself
  Moving,      ///< running, runnable, or it slept somewhere else in between
  Foreign,     ///< another task than the one the trial is about
  Unknown,     ///< the sources do not tell
};

/// What one round proves. Nothing but a broken invariant makes a hang; the place says which.
enum class Proof {
  None,
  Match,  ///< this bug
  Other,  ///< a hang at another place; it must last, see evidence_of()
};

struct Finding {
  Motion motion = Motion::Unknown;
  InvariantState invariant = InvariantState::Unknown;
  SignatureMatch signature = SignatureMatch::NotApplicable;
  bool place_known = false;   ///< some source tells where the victims sleep
  bool own_deadline = false;  ///< a victim's wait ends by itself
  Proof proof = Proof::None;
  std::vector<Reason> because;
  std::vector<Reason> hints;
};

/// Did the victims move between two looks?
Motion motion_between(const SampleSet& before, const SampleSet& after);

/// Is every victim left in `now` asleep where it was in `proof`? (It may have run in between.)
bool still_there(const SampleSet& proof, const SampleSet& now);

Finding assess(const Round& round, const Variant& variant);

enum class Fit { Yes, No, Unknown };

/// Does the task sleep as the signature says, whatever its role? Unknown: no source tells where.
Fit fit_of(const TaskSample& task, const Signature& signature);

/// Do the victims of `samples` sleep as the signatures say? NotApplicable: no source tells where.
SignatureMatch match_signatures(const SampleSet& samples, const std::vector<Signature>& signatures,
                                std::vector<Reason>* because = nullptr);

}  // namespace hangrate
