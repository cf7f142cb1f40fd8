// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the flight recorder saw of one trial: kernel events of its tasks and of whoever woke them,
// oldest first. Plain values, part of an Observation; made by bpf/, read by classify/ and report/.
// An event that was lost in the window is counted, never left out in silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/model/traced_call.h"

namespace hangrate {

enum class TraceKind {
  Call,       ///< `call` entered by `tid`
  Return,     ///< `call` left by `tid`, `result`
  Sleep,      ///< `tid` gave up its CPU asleep, `state`
  Preempt,    ///< `tid` lost its CPU while it could run
  Run,        ///< `tid` got a CPU
  Wake,       ///< `tid` wakes `other` (sched_waking: in the waker's context)
  Signal,     ///< `tid` sends signal `number` to `other`; `result` as signal_generate has it
  Fork,       ///< `tid` made `other`, a thread of process `value` (0: not told)
  Exit,       ///< `tid` is past exit_signals: it exits
  FuseSend,   ///< a request was queued: `object` its unique number, `number` its opcode
  FuseEnd,    ///< that request ended: `object`, `number`, `result`
  FuseAbort,  ///< a connection is aborted
};

/// A pipe as the kernel had it at that moment; counts of slots (struct pipe_inode_info).
struct PipeState {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::uint32_t max_usage = 0;
  std::uint32_t ring_size = 0;
  bool operator==(const PipeState&) const = default;
};

struct TraceEvent {
  Nanos when = 0;  ///< CLOCK_MONOTONIC
  int cpu = 0;
  int tid = 0;  ///< who was on the CPU
  int pid = 0;  ///< its thread group
  TraceKind kind = TraceKind::Call;
  TracedCall call = TracedCall::None;  ///< Call, Return; Sleep: the innermost one it is in
  int other = 0;                       ///< tid of the task acted upon
  char state = 0;                      ///< Sleep: S, D, K (killable), I, T, t, X, Z or ?
  std::int64_t number = 0;
  std::int64_t value = 0;
  std::int64_t result = 0;
  std::uint64_t object = 0;  ///< pipe: a number that is the same for the same pipe; FUSE: unique
  std::optional<PipeState> pipe;
  std::vector<std::string> stack;       ///< Sleep: kernel functions, innermost first
  std::vector<std::string> user_stack;  ///< Sleep: "program+0x12ab", innermost first
  bool operator==(const TraceEvent&) const = default;
};

struct TraceTask {
  int tid = 0;
  int pid = 0;
  std::string role;  ///< "" = not a party of the trial
  std::string comm;
  bool operator==(const TraceTask&) const = default;
};

struct Trace {
  Nanos from = 0;   ///< events of the trial's tasks since then are here, but for `lost`
  Nanos until = 0;  ///< when the snapshot was taken
  std::vector<TraceTask> tasks;
  std::vector<TraceEvent> events;
  std::uint64_t condensed = 0;  ///< events of calls that simply came back, left out
  std::uint64_t lost = 0;       ///< dropped or overwritten inside the window
  /// Runs of other programs than the scheduler's that the kernel skipped since the lease of the
  /// trial began: a call without return may be one whose return was not seen.
  std::uint64_t skipped = 0;
  std::vector<std::string> absent;  ///< hooks this kernel does not have, each with its reason
  bool operator==(const Trace&) const = default;
};

const char* trace_kind_name(TraceKind kind);

}  // namespace hangrate
