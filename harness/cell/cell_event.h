// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a cell is told, and what it answers with.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "harness/cell/seat_event.h"

namespace hangrate {

// Events.

struct Began {};
struct OfWorker {
  std::uint64_t worker = 0;
  SeatEvent event;
};
/// The answer to Start: one of these three.
struct Started {
  std::uint64_t worker = 0;
  std::uint32_t lane = 0;
  int pid = 0;
  Nanos at = 0;  ///< when it was about to be forked; 0: now
};
struct NotStarted {
  std::string why;
};
struct NoSlot {};
/// Every worker was looked at.
struct Woke {
  int leftovers = 0;  ///< victims that outlived their trial and their worker
};
/// The user ends the run.
struct Interrupted {};
/// The answer to ReadArms: what the search has learned.
struct SearchRead {
  std::vector<ArmFact> arms;
};
/// A record could not be kept: a full disk.
struct RecordLost {
  std::string why;
};
struct Noted {
  std::string text;
};
/// Settled: nothing of the cell may stay.
struct Closed {};
/// What did stay for all that was done.
struct LeftBehind {
  std::vector<int> processes;  ///< beside the workers
};
struct Measured {
  LoadFact load;
  TraceCost cost;  ///< but for the times of leases
  std::vector<ArmFact> arms;
};

using CellEvent = std::variant<Began, OfWorker, Started, NotStarted, NoSlot, Woke, Interrupted,
                               SearchRead, RecordLost, Noted, Closed, LeftBehind, Measured>;

// Actions.

struct ForWorker {
  std::uint64_t worker = 0;
  SeatAction action;
};
struct Save {
  Record record;
};
struct Start {
  std::uint32_t lane = 0;
};
/// Before a lease, when the worker sleeps and is no victim: follow it in this lease, or not.
struct Follow {
  std::uint64_t worker = 0;
  bool wanted = true;
};
/// The worker is gone, or left behind if it `survived`.
struct Drop {
  std::uint64_t worker = 0;
  bool survived = false;
};
struct ReadArms {};
/// Later workers enter the run's cgroup by themselves.
struct NoBirthInCgroup {};

using CellAction =
    std::variant<ForWorker, Save, Start, Follow, Drop, ReadArms, NoBirthInCgroup, Suspect, Wake>;
using CellActions = std::vector<CellAction>;

}  // namespace hangrate
