// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/trace_view.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/classify/frames.h"
#include "harness/model/evidence.h"

namespace hangrate {

namespace {

/// A splice may go either way; only one out of the pipe leaves it emptier, which its state shows.
bool takes_data(const TraceEvent& event) {
  return event.kind == TraceKind::Return && event.call == TracedCall::PipeRead && event.result > 0;
}

}  // namespace

std::string us_text(Nanos span) {
  return fmt::format("{:.3f} us", static_cast<double>(span) / 1000.0);
}

TraceView::TraceView(const Trace& of, Nanos believed, const Environment& on,
                     std::map<int, ProcState> shown)
    : trace(of),
      machine(on),
      history(read_history(of, believed)),
      names(of),
      until(believed),
      proc(std::move(shown)) {}

std::string TraceView::span(std::size_t from, std::size_t to) const {
  return us_text(event(to).when - event(from).when);
}

std::string TraceView::span_to_end(std::size_t from) const {
  return us_text(std::max<Nanos>(until - event(from).when, 0));
}

/// A sleeper that is not in the call it was recorded in had its pipe read through an old pointer.
bool TraceView::shows_state(std::size_t index, std::uint64_t pipe) const {
  const TraceEvent& e = event(index);
  return e.pipe && e.object == pipe && believed_call(e) == e.call;
}

std::vector<std::size_t> TraceView::states_of(std::uint64_t pipe, std::size_t first) const {
  std::vector<std::size_t> found;
  for (std::size_t i = first; i < history.end; ++i) {
    if (shows_state(i, pipe)) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> TraceView::reads_of(std::uint64_t pipe, std::size_t first) const {
  std::vector<std::size_t> found;
  std::optional<std::uint32_t> tail;
  for (std::size_t i = 0; i < history.end; ++i) {
    const TraceEvent& e = event(i);
    if (e.object != pipe) continue;
    if (e.pipe && !shows_state(i, pipe)) continue;
    const bool emptier = e.pipe && tail && e.pipe->tail != *tail;
    // A resize moves the slots to the start of the new ring (pipe_resize_ring(), v6.1 fs/pipe.c).
    const bool resize = row_of(e.call).changes_ring;
    if (i >= first && (takes_data(e) || (emptier && !resize && e.call == TracedCall::PipeSplice))) {
      found.push_back(i);
    }
    if (e.pipe) tail = e.pipe->tail;
  }
  return found;
}

std::optional<std::size_t> TraceView::last_to(TraceKind kind, int tid, std::size_t before) const {
  for (std::size_t i = std::min(before, history.end); i-- > 0;) {
    if (event(i).kind == kind && event(i).other == tid) return i;
  }
  return std::nullopt;
}

int TraceView::group_of(int tid) const {
  const TaskHistory* task = history.of(tid);
  return task == nullptr ? 0 : task->pid;
}

std::optional<std::string> TraceView::absence_of(const std::string& name) const {
  return hangrate::absence_of(trace, name);
}

bool TraceView::hook_absent(TracedCall call) const {
  const auto& hooks = row_of(call).hooks;
  return std::any_of(hooks.begin(), hooks.end(), [&](const CallHook& hook) {
    return hook.used() && hook_absent(std::string(hook.name()));
  });
}

const ProcState* TraceView::proc_of(const SleepSpan& slept) const {
  const TraceEvent& sleep = event(slept.event);
  const auto found = proc.find(sleep.tid);
  const bool during = found != proc.end() && slept.unfinished() && found->second.when >= sleep.when;
  return during ? &found->second : nullptr;
}

const std::vector<std::string>& TraceView::stack_of(const SleepSpan& slept) const {
  const std::vector<std::string>& recorded = event(slept.event).stack;
  const ProcState* seen = recorded.empty() ? proc_of(slept) : nullptr;
  return seen != nullptr ? seen->stack : recorded;
}

char TraceView::contradicted(const SleepSpan& slept) const {
  const ProcState* seen = proc_of(slept);
  if (seen == nullptr || !asleep(seen->state)) return '\0';
  const char told = slept.state == 'K' ? 'D' : slept.state;  // /proc has no letter for killable
  return seen->state == told ? '\0' : seen->state;
}

WaitedFor TraceView::waits_for(TracedCall call, const SleepSpan& slept) const {
  if (contradicted(slept) != '\0') return WaitedFor::Unknown;
  const std::vector<std::string>& stack = stack_of(slept);
  if (!may_be_in(call, stack)) return WaitedFor::Unknown;
  // Followed by its system call, a splice may as well wait for the other file.
  const bool whole =
      call == TracedCall::PipeSplice && slept.state == 'S' && stack.empty() && hook_absent(call);
  return whole ? WaitedFor::Unknown : waited_for(call, slept.state, stack);
}

std::vector<const TaskHistory*> TraceView::living() const {
  std::set<int> of_trial;  // who only woke one of them is a stranger
  for (const TraceTask& task : trace.tasks) of_trial.insert(task.tid);
  for (std::size_t i = 0; i < history.end; ++i) {
    if (event(i).kind == TraceKind::Fork) of_trial.insert(event(i).other);
  }
  std::vector<const TaskHistory*> found;
  for (const auto& [tid, task] : history.tasks) {
    if (of_trial.count(tid) > 0 && !task.exit) found.push_back(&task);
  }
  return found;
}

}  // namespace hangrate
