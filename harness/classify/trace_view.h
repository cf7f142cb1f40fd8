// SPDX-License-Identifier: GPL-2.0-or-later
//
// TraceView: a trace up to the moment it is believed, the history of its tasks, what /proc showed
// of the victims, and the questions that every rule asks of them. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/classify/event_text.h"
#include "harness/classify/task_history.h"
#include "harness/classify/waits.h"
#include "harness/model/environment.h"
#include "harness/model/trace.h"

namespace hangrate {

/// A task as /proc showed it beside the trace.
struct ProcState {
  Nanos when = 0;
  char state = '?';
  std::vector<std::string> stack;
};

struct TraceView {
  /// `of` and `on` must outlive it. `shown`: of victims, by tid.
  TraceView(const Trace& of, Nanos believed, const Environment& on,
            std::map<int, ProcState> shown = {});

  const TraceEvent& event(std::size_t index) const { return trace.events[index]; }
  /// From event to event, or to the end of what is believed: "12.345 us".
  std::string span(std::size_t from, std::size_t to) const;
  std::string span_to_end(std::size_t from) const;

  /// Does this event show the state of that pipe?
  bool shows_state(std::size_t index, std::uint64_t pipe) const;
  /// Events [first, end) that show the state of a pipe, oldest first.
  std::vector<std::size_t> states_of(std::uint64_t pipe, std::size_t first = 0) const;
  /// Events from `first` on in which a task took data out of the pipe.
  std::vector<std::size_t> reads_of(std::uint64_t pipe, std::size_t first = 0) const;
  /// The last of such a kind done by or (Wake, Signal, Fork) done to `tid` before `before`.
  std::optional<std::size_t> last_to(TraceKind kind, int tid, std::size_t before) const;
  /// The thread group of a thread, 0 = unknown.
  int group_of(int tid) const;
  /// Was this hook missing? `absence_of`: why, nullopt if it was there.
  bool hook_absent(const std::string& name) const { return absence_of(name).has_value(); }
  std::optional<std::string> absence_of(const std::string& name) const;
  /// Was any hook of that call missing?
  bool hook_absent(TracedCall call) const;
  /// Where a sleeper sleeps: as the recorder saw it, else as /proc did during that sleep.
  const std::vector<std::string>& stack_of(const SleepSpan& slept) const;
  /// The state /proc showed during that sleep, if it is another one than in the trace; else 0.
  char contradicted(const SleepSpan& slept) const;
  /// What a sleep in `call` is for; unknown where trace and /proc do not agree on its state.
  WaitedFor waits_for(TracedCall call, const SleepSpan& slept) const;
  /// Tasks of the trial that the trace knows and has not seen exit.
  std::vector<const TaskHistory*> living() const;

  const Trace& trace;
  const Environment& machine;
  TraceHistory history;
  TaskNames names;
  Nanos until;
  std::map<int, ProcState> proc;

 private:
  const ProcState* proc_of(const SleepSpan& slept) const;
};

std::string us_text(Nanos span);

}  // namespace hangrate
