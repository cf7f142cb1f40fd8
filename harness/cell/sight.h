// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sight: what a worker's slot said at one moment, as values. Another process writes the slot, so
// nothing here is believed beyond what the machines check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/record.h"

namespace hangrate {

/// As in harness/sys/slot.h.
enum class WorkerIs { Starting, Idle, Running, Reported, Parked, Skipped, Failed };

struct Sight {
  WorkerIs state = WorkerIs::Starting;
  bool answered = true;    ///< the last command was carried out
  bool unsettled = false;  ///< the last command changes `state`, and was not carried out yet
  Nanos last_sent = 0;     ///< when the last command was given
  std::uint64_t done = 0;  ///< trials of its lease that ended
  std::uint64_t trial = 0;
  Nanos trial_start = 0;
  Nanos released = 0;   ///< when all that a parked trial waited for had ended, 0 = not yet
  bool traced = false;  ///< the flight recorder follows it
  Nanos wedge = 0;
  std::string phase;
  ShotFact shot;
  InvariantFinding invariant;
  bool pulled = false;  ///< the last lever did something
  Outcome outcome = Outcome::Clean;
  std::string message;
  std::vector<Measurement> measurements;
  bool operator==(const Sight&) const = default;

  bool leaving() const { return state == WorkerIs::Skipped || state == WorkerIs::Failed; }
};

}  // namespace hangrate
