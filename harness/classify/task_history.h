// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a Trace tells of each task: which followed calls it has entered and not left, when it slept,
// who woke it and whether it slept again. Events are named by their index in Trace::events, so that
// every later statement can cite them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/trace.h"

namespace hangrate {

/// A call that was entered and not left.
struct OpenCall {
  std::size_t event = 0;  ///< the Call, or a Sleep whose stack shows it
  TracedCall call = TracedCall::None;
  std::uint64_t object = 0;
};

/// One sleep of one task.
struct SleepSpan {
  std::size_t event = 0;  ///< the Sleep
  char state = '?';
  TracedCall call = TracedCall::None;  ///< the innermost one it slept in, see believed_call()
  std::uint64_t object = 0;            ///< of that call
  std::optional<std::size_t> wake;     ///< the first Wake of it after that
  std::optional<std::size_t> end;      ///< the first event that shows it on a CPU again
  bool again = false;                  ///< it slept again before it left that call

  bool unfinished() const { return !wake && !end; }
};

struct TaskHistory {
  int tid = 0;
  int pid = 0;                      ///< 0: never seen
  std::vector<OpenCall> open;       ///< outermost first
  std::vector<SleepSpan> sleeps;    ///< oldest first
  std::vector<std::size_t> wakes;   ///< every Wake of it
  std::optional<std::size_t> exit;  ///< its Exit, or where that is missing its last Sleep, dead
  std::optional<std::size_t> ran;   ///< the last event that shows it on a CPU

  /// Its last sleep, if nothing has ended it and it is one: not stopped, not dead.
  const SleepSpan* asleep() const;
  /// The innermost open call of that kind, or nullptr.
  const OpenCall* in(TracedCall call) const;
};

struct TraceHistory {
  std::map<int, TaskHistory> tasks;  ///< by tid
  std::size_t end = 0;               ///< events before this index were read

  /// nullptr: the trace has no event of it.
  const TaskHistory* of(int tid) const;
  /// Every task of a thread group that the trace knows.
  std::vector<const TaskHistory*> threads_of(int pid) const;
};

/// Reads the events up to and with `until`.
TraceHistory read_history(const Trace& trace, Nanos until);

/// The innermost call of that kind in which `tid` was when event `index` happened.
std::optional<OpenCall> open_at(const Trace& trace, std::size_t index, int tid, TracedCall call);

/// Does it sleep in zap_pid_ns_processes(), or in the do_wait() that is called from there?
bool sleeps_in_zap(const TaskHistory& task);

/// Why that hook was missing, nullopt if it was there.
std::optional<std::string> absence_of(const Trace& trace, const std::string& hook);

/// Does this letter of Sleep say asleep by itself, neither stopped nor dead?
bool sleep_state(char state);

}  // namespace hangrate
