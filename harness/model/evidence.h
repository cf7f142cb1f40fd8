// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was seen of a trial: plain values that can be saved, read back and judged on another
// machine. A source that could not be read is an Absence with its reason, never an empty value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"

namespace hangrate {

struct Absence {
  std::string source;  ///< "stack", "wchan", "syscall", "status", "fd"
  std::string reason;
  bool operator==(const Absence&) const = default;
};

/// One task as /proc showed it at one moment.
struct TaskSample {
  std::string role;
  int pid = 0;
  int tid = 0;
  bool victim = false;
  bool gone = false;        ///< no such task any more
  char state = '?';         ///< letter of proc_pid_stat(5)
  std::uint64_t flags = 0;  ///< PF_* of the kernel's include/linux/sched.h
  std::string comm;
  std::optional<std::uint64_t> started;   ///< field 22 of proc_pid_stat(5): tells it from the next
                                          ///< task with its number
  std::optional<std::uint64_t> switches;  ///< voluntary + involuntary context switches
  std::uint64_t pending = 0;              ///< SigPnd
  std::uint64_t shared_pending = 0;       ///< ShdPnd
  int tracer = 0;
  std::string wchan;               ///< "" = unknown
  std::string syscall;             ///< raw /proc/PID/syscall, "" = unknown
  std::string syscall_name;        ///< of the number in it, "" = unknown or not in one
  std::vector<std::string> stack;  ///< function names, innermost first; empty = unknown
  std::vector<Absence> absent;
  bool operator==(const TaskSample&) const = default;
};

/// Letters of proc_pid_stat(5): sleeping, interruptibly or not, and idle.
constexpr bool asleep(char state) {
  return state == 'S' || state == 'D' || state == 'I';
}

inline bool alive(const TaskSample& task) {
  return !task.gone && task.state != 'Z' && task.state != 'X' && task.state != 'x';
}

// include/linux/sched.h (v2.6..v7)
inline constexpr std::uint64_t kFlagExiting = 0x4;       // PF_EXITING
inline constexpr std::uint64_t kFlagKthread = 0x200000;  // PF_KTHREAD

/// The supervisor's own look at a victim's descriptor, through pidfd_getfd(2).
struct FdWitness {
  std::string role;
  int fd = -1;
  int wanted = 0;               ///< poll events asked for
  int revents = 0;              ///< poll events found
  std::optional<int> queued;    ///< FIONREAD, bytes
  std::optional<int> capacity;  ///< F_GETPIPE_SZ, bytes
  bool operator==(const FdWitness&) const = default;
};

struct SampleSet {
  Nanos when = 0;  ///< start of the reading
  Nanos took = 0;
  std::vector<TaskSample> tasks;
  std::vector<FdWitness> fds;
  std::vector<Absence> absent;
  bool operator==(const SampleSet&) const = default;
};

enum class InvariantState { Unknown, Holds, Broken };

struct InvariantFinding {
  Nanos when = 0;
  InvariantState state = InvariantState::Unknown;
  std::string text;
  bool operator==(const InvariantFinding&) const = default;
};

/// Two looks at the tasks with the invariant evaluated between them.
struct Round {
  SampleSet before;
  InvariantFinding invariant;
  SampleSet after;
  bool operator==(const Round&) const = default;
};

/// The rungs of the ladder by which a hung trial is freed, passive ones first.
enum class Rung {
  Wait,          ///< nothing is done: what goes on now was no hang
  StopContinue,  ///< what attaching a debugger does
  Lever,         ///< the reproducer's own, on the object
  Kill,
  FuseAbort,  ///< a lever too: abort the connection
  PeerClose,  ///< a lever too: close the other end
};

const char* rung_name(Rung rung);
std::optional<Rung> rung_of(std::string_view name);

enum class Effect { Freed, NotFreed, Unknown, NotTried };

enum class ClimbNote {
  None,
  KillPending,   ///< a SIGKILL is pending on every victim already
  NeitherSeen,   ///< neither freed nor asleep as before
  NoAnswer,      ///< the worker did not answer, so the lever may not have been pulled
  NobodyToPull,  ///< the worker itself is the victim
  Refused,       ///< the reproducer says that it pulls no lever (its parameters ask for none)
};

/// A rung that was climbed, only after the evidence was safe.
struct Climb {
  Rung rung = Rung::Wait;
  Nanos when = 0;
  Nanos took = 0;
  Effect effect = Effect::Unknown;
  ClimbNote note = ClimbNote::None;
  std::string told;      ///< a note of an older journal
  bool cleanup = false;  ///< nothing was proven: this only ended the trial
  bool operator==(const Climb&) const = default;
};

enum class Ending {
  Finished,     ///< the trial ended by itself
  Freed,        ///< a rung freed it
  Abandoned,    ///< nothing freed it; reported and left behind
  GivenUp,      ///< nothing was proven in the time a healthy trial may take; ended by cleanup
  WorkerDied,   ///< the worker went away while being observed
  Interrupted,  ///< the run was ended by the user
};

}  // namespace hangrate
