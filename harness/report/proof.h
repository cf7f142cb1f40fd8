// SPDX-License-Identifier: GPL-2.0-or-later
//
// Proof: why the first trial of a kind was judged as it was, in sentences. Not escaped: whoever
// prints it does that.
#pragma once

#include <string>
#include <vector>

#include "harness/report/summary.h"

namespace hangrate {

/// A victim as it was seen last: "writer (2235) mbuffer, state S, in write, at pipe_write".
struct VictimStack {
  std::string who;
  std::vector<std::string> frames;  ///< innermost first; empty: could not be read
  std::string absent;               ///< why not
};

struct Proof {
  std::string kind;
  std::uint64_t count = 0;
  std::uint64_t first_trial = 0;
  std::vector<std::string> facts;   ///< what it rests on
  std::string established;          ///< "" if nothing was proven
  std::vector<std::string> rescue;  ///< every rung and its effect
  std::vector<std::string> hints;
  std::vector<VictimStack> victims;
  /// From the trace of the first trial of this kind that has one; empty without.
  std::vector<std::string> explanation;
};

/// Of every kind of trial that did not simply end; slow ones are only counted.
std::vector<Proof> proofs_of(const CellSummary& cell);

/// Facts, rescue, hints and explanation as lines.
std::vector<std::string> proof_lines(const Proof& proof);

}  // namespace hangrate
