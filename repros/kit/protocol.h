// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contract between a supervisor and one worker: a slot in a memory file of its own.
// Shared memory and not a pipe, because writing to a pipe can block, and blocking is what we study.
// The supervisor only ever polls it; a worker only ever waits on `command`. Both sides are built
// from this header; a worker refuses a slot of another `version`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hangrate::protocol {

inline constexpr std::uint32_t kMagic = 0x48524154;  // "HRAT"
inline constexpr std::uint32_t kVersion = 6;

/// Environment of a worker: the descriptors of the memory file with its slot, of the eventfd to
/// ring, and of the memory file with the cell's SearchTable.
inline constexpr const char* kSlotFdVariable = "HANGRATE_SLOT_FD";
inline constexpr const char* kBellFdVariable = "HANGRATE_BELL_FD";
inline constexpr const char* kSearchFdVariable = "HANGRATE_SEARCH_FD";

/// Environment of a worker whose run is on record (harness/sys/run_record.h): the record's path,
/// and the number of the worker's own line in it.
inline constexpr const char* kRecordVariable = "HANGRATE_RECORD";
inline constexpr const char* kRecordLineVariable = "HANGRATE_RECORD_LINE";
/// Where the workers' lines begin in that file, and how long one is.
inline constexpr std::size_t kRecordHead = 16 * 1024;
inline constexpr std::size_t kRecordLine = 48;

/// Exit codes of a worker. A hang has none.
inline constexpr int kExitClean = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitSkip = 4;   // = KSFT_SKIP
inline constexpr int kExitSetup = 5;  // the machine failed us before anything was tried

enum class WorkerState : std::uint32_t {
  Starting = 0,
  Idle = 1,      ///< waits for a lease
  Running = 2,   ///< trials in progress
  Reported = 3,  ///< the trial in flight ended in something else than Clean; waits for Continue
  Parked = 4,    ///< the trial in flight did not end in time; answers Check and Lever until it does
  Skipped = 5,   ///< cannot run here, `message` says why; exits
  Failed = 6,    ///< setup failed, `message` says why; exits
};

enum class Verb : std::uint32_t {
  None = 0,      ///< nothing but a reason to look again
  Lease = 1,     ///< run trials [lease_first, lease_first + lease_count)
  Check = 2,     ///< evaluate the invariant now
  Lever = 3,     ///< pull the reproducer's own lever on the object (drain, resize again, ...)
  Continue = 4,  ///< the supervisor has recorded the trial; go on
};

/// What a reproducer itself says of one trial.
enum class TrialOutcome : std::uint32_t { Clean = 0, Anomaly = 1, Inconclusive = 2, Infra = 3 };

enum class InvariantStatus : std::uint32_t { Unknown = 0, Holds = 1, Broken = 2 };

/// One task or process the trial is about.
struct Party {
  std::int32_t pid = 0;
  std::int32_t tid = 0;       ///< 0: every thread of `pid`
  std::int32_t poll_fd = -1;  ///< a descriptor of `pid` the supervisor may look at by itself
  std::int16_t poll_events = 0;
  std::uint16_t victim = 0;  ///< 1: this party is the one that should not sleep
  char role[16] = {};
};

inline constexpr std::size_t kMaxParties = 8;

/// How a trial was aimed: what holds the race window open, and when it was let go. An empty plan:
/// without help.
struct Shot {
  char plan[24] = {};
  std::int64_t delay_ns = 0;
};

/// One way to aim that a search may try, and what came of it so far.
struct Arm {
  Shot shot;
  std::atomic<std::uint32_t> tries{0};
  std::atomic<std::uint32_t> hits{0};  ///< parked with the invariant broken
  std::atomic<std::uint32_t> near{0};  ///< came into the window, by the reproducer's own measure
  char off[96] = {};                   ///< why the self-test turned it off, "" = it is on
};

inline constexpr std::size_t kMaxArms = 64;

/// What all workers of a cell have learned. Written by workers; the supervisor fills it in before
/// the first of them starts (a warm start), and reads it at the end. It outlives every worker.
struct SearchTable {
  std::atomic<std::uint32_t> count{0};
  Arm arms[kMaxArms];
};

struct InvariantReport {
  std::int64_t when_ns = 0;
  InvariantStatus status = InvariantStatus::Unknown;
  char text[228] = {};
};

/// Everything one worker and its supervisor share. Written by one side each, as marked.
struct Slot {
  // Supervisor, before the worker starts.
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint64_t seed = 0;
  std::uint32_t lane = 0;
  std::int64_t patience_ns = 0;  ///< how long a trial waits before it parks
  /// Trials below this index search for the best arm, all later ones use it.
  std::uint64_t search_trials = 0;
  /// Every trial repeats this one: its shot, and its random numbers. `replay` 0: none does.
  std::uint32_t replay = 0;
  std::uint64_t replay_trial = 0;
  Shot replay_shot;

  // Supervisor, any time.
  alignas(64) std::atomic<std::uint32_t> command{0};  ///< futex: sequence << 8 | Verb
  std::atomic<std::uint32_t> stop{0};                 ///< end the lease after the trial in flight
  std::atomic<std::uint64_t> lease_first{0};
  std::atomic<std::uint64_t> lease_count{0};

  // Worker.
  alignas(64) std::atomic<WorkerState> state{WorkerState::Starting};
  std::atomic<std::uint32_t> answered{0};  ///< sequence of the last command carried out
  std::atomic<std::uint64_t> done{0};      ///< trials of this lease that ended
  std::atomic<std::uint64_t> trial{0};     ///< index of the trial in flight
  std::atomic<std::int64_t> trial_start_ns{0};
  std::atomic<std::int32_t> fuse_connection{0};  ///< abort it if the worker cannot: last resort
  /// Inode of its folder in fusectl, 0 = not known: tells it from the next one with its number.
  std::atomic<std::uint64_t> fuse_instance{0};
  /// When everything a Parked trial waited for had ended after all; 0 before. The worker goes on by
  /// itself then. Stays until the next trial parks.
  std::atomic<std::int64_t> released_ns{0};

  // Worker, published by a store to `state` or `answered`.
  Shot shot;  ///< of the trial in flight
  TrialOutcome outcome = TrialOutcome::Clean;
  std::int64_t wedge_ns = 0;  ///< when the thing waited for should have happened
  std::uint32_t party_count = 0;
  Party parties[kMaxParties];
  InvariantReport invariant;
  std::uint32_t lever_pulled = 0;  ///< whether the last Lever did anything
  char phase[64] = {};
  char message[1024] = {};
  std::uint32_t measurement_bytes = 0;
  char measurements[24 * 1024] = {};  ///< lines "name<TAB>value<TAB>unit\n"
};

inline constexpr std::size_t kSlotBytes = 32 * 1024;
inline constexpr std::size_t kSearchBytes = 16 * 1024;
static_assert(sizeof(Slot) <= kSlotBytes);
static_assert(sizeof(SearchTable) <= kSearchBytes);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<WorkerState>::is_always_lock_free);

inline constexpr std::uint32_t make_command(std::uint32_t sequence, Verb verb) {
  return sequence << 8 | static_cast<std::uint32_t>(verb);
}
inline constexpr Verb verb_of(std::uint32_t command) {
  return static_cast<Verb>(command & 0xff);
}
inline constexpr std::uint32_t sequence_of(std::uint32_t command) {
  return command >> 8;
}

}  // namespace hangrate::protocol
