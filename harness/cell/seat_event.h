// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a seat is told, and what it answers with.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/cell/sight.h"
#include "harness/observe/watch.h"
#include "harness/stats/range_set.h"

namespace hangrate {

// Events.

struct Looked {
  Sight sight;
};
/// The same, and nothing is to be done about it yet.
struct Saw {
  Sight sight;
};
struct WorkerEnded {
  std::string how;
  bool killed_at_birth = false;  ///< by SIGKILL, having started inside the run's cgroup
  Sight sight;                   ///< the last
};
/// The /proc reader's answer to Read.
struct Sampled {
  SampleSet samples;
};
/// The signal of Signal was sent.
struct Poked {};
/// The tasks to read or signal are none of the run's.
struct NamedForeign {
  std::vector<int> pids;
};
/// The answer to TakeTrace; nullopt: it is not wanted.
struct Traced {
  std::optional<Trace> trace;
};
/// A lease from the book.
struct Granted {
  IndexRange range;
};
struct StopAsked {
  bool cut_watch = false;  ///< a watch that has proven nothing ends too
};
/// The cell is over.
struct Dismissed {};

using SeatEvent = std::variant<Looked, Saw, WorkerEnded, Sampled, Poked, NamedForeign, Traced,
                               Granted, StopAsked, Dismissed>;

// Actions on the worker.

enum class Order { None, Check, Lever, Continue };
struct Send {
  Order order = Order::None;
};
struct GiveLease {
  IndexRange range;
};
/// End the lease after the trial in flight.
struct StopSoon {};
/// Look at it once more now.
struct LookAgain {};
/// A watch begins: keep whom the worker names, or the worker alone, for what is read later.
struct KeepParties {
  bool parked = true;
};
struct Read {
  bool whole = true;  ///< else only what tells motion
  Nanos limit = 0;
};
struct Signal {
  int number = 0;
  std::vector<Poke> pokes;
};
struct TakeTrace {
  Nanos from = 0;
  bool with_parties = true;
  bool declared = false;  ///< a hang as the variant declares it
};
struct Kill {};

// Actions on its cell.

struct Emit {
  Record record;
};
struct GiveBack {
  IndexRange range;
};
/// Idle. Not a spare: it wants a lease.
struct Ready {
  bool spare = false;
};
struct LeaseDone {
  std::uint64_t trials = 0;
  Nanos took = 0;
  bool undisturbed = false;  ///< nothing but its trials took time
  bool search = false;
  bool traced = false;
};
struct StartedIn {
  Nanos took = 0;
};
struct Concluded {
  Verdict verdict;
};
/// Victims nobody could free.
struct Suspect {
  std::vector<int> pids;
  Nanos since = 0;
};
/// A trial was still watched when the user ended the run.
struct LeftOpen {};
struct CannotRun {
  std::string why;
};
struct StartFailed {
  std::string why;
};
/// Its reproducer failed, or skips what it began.
struct GivenUp {
  std::string why;
};
struct DeadAtBirth {};
struct Wake {
  Nanos at = 0;
};

using SeatAction =
    std::variant<Send, GiveLease, StopSoon, LookAgain, KeepParties, Read, Signal, TakeTrace, Kill,
                 Emit, GiveBack, Ready, LeaseDone, StartedIn, Concluded, Suspect, LeftOpen,
                 CannotRun, StartFailed, GivenUp, DeadAtBirth, Wake>;
using SeatActions = std::vector<SeatAction>;

}  // namespace hangrate
