// SPDX-License-Identifier: GPL-2.0-or-later
//
// Seat: one worker of a cell, the lease it works on and the trial of it under observation.
// Private to run/.
#pragma once

#include <list>
#include <optional>
#include <vector>

#include "harness/model/record.h"
#include "harness/observe/watch.h"
#include "harness/run/worker.h"
#include "harness/sys/proc_reader.h"

namespace hangrate {

/// A trial under observation.
struct Watched {
  Watch watch;
  std::vector<ReadTarget> targets;
  Namer namer;                ///< on whose word the targets are looked at
  std::uint64_t request = 0;  ///< outstanding with the /proc reader, 0 = none
  std::uint64_t poke = 0;     ///< a signal outstanding with it, 0 = none
  bool asked = false;         ///< a command is with the worker
  bool lever = false;         ///< ... and it is the lever
  bool traced = false;        ///< its trace was taken, or is not wanted

  /// A parked trial answers commands; an overdue one is in the middle of something.
  bool parked() const { return watch.observation().parked; }
};

struct Seat {
  explicit Seat(Worker w) : worker(std::move(w)) {}
  Worker worker;
  bool spare = false;  ///< idle, ready to take over a lane
  bool dying = false;  ///< killed by us, not reaped yet
  Nanos killed_at = 0;
  bool aborted = false;         ///< dying, and the abort of its FUSE connection was ordered
  Nanos failing_since = 0;      ///< it said that it skips or failed, and should exit
  std::uint64_t accounted = 0;  ///< trials of its lease that have a record, or have it held
  Nanos lease_start = 0;
  bool armed = false;       ///< the flight recorder follows its worker
  bool undisturbed = true;  ///< no trial of its lease was watched or reported
  std::optional<Watched> watched;
  std::optional<TrialRecord> held;  ///< ended by itself under observation, not yet given back
};

using Seats = std::list<Seat>;

}  // namespace hangrate
