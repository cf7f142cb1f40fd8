// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one look at a trial shows, and whether it proves a hit. Pure: a recorded round gives the
// same answer on any machine. A hit needs three things at once, from two independent sides:
//   invariant  broken, as the reproducer says, at a moment between the two looks;
//   witness    every victim asleep in the same place in both looks, without one context switch;
//   signature  asleep where the manifest says.
#pragma once

#include <string>
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
  Unknown,     ///< the sources do not tell
};

struct Finding {
  Motion motion = Motion::Unknown;
  InvariantState invariant = InvariantState::Unknown;
  SignatureMatch signature = SignatureMatch::NotApplicable;
  bool place_known = false;  ///< some source tells where the victims sleep
  bool hit = false;
  std::vector<std::string> because;
  std::vector<std::string> hints;
};

/// Did the victims move between two looks?
Motion motion_between(const SampleSet& before, const SampleSet& after);

/// Is every victim left in `now` asleep where it was in `proof`? (It may have run in between.)
bool still_there(const SampleSet& proof, const SampleSet& now);

Finding assess(const Round& round, const Variant& variant);

/// Do the victims of `samples` sleep as the signatures say? NotApplicable: no source tells where.
SignatureMatch match_signatures(const SampleSet& samples, const Variant& variant,
                                std::vector<std::string>* because);

/// "writer (4711): S in write, anon_pipe_write < vfs_write": one line for people.
std::string describe_task(const TaskSample& task);

}  // namespace hangrate
