// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/task_history.h"

#include <algorithm>
#include <string_view>

#include "harness/classify/frames.h"

namespace hangrate {

namespace {

constexpr char kDead = 'X';  // TASK_DEAD: do_task_dead() switches away for good

/// What is open when an outermost call is entered was left without a Return that was seen.
void enter(TaskHistory& task, const TraceEvent& event, std::size_t index) {
  if (outermost(event.call)) task.open.clear();
  task.open.push_back({.event = index, .call = event.call, .object = event.object});
}

/// A Return leaves its call and what is still open inside it: the kernel may have given no Return
/// for that (a tail call, a lost event). A Return whose Call was before the window leaves nothing.
void leave(TaskHistory& task, TracedCall call) {
  const auto found = std::find_if(task.open.rbegin(), task.open.rend(),
                                  [&](const OpenCall& open) { return open.call == call; });
  if (found != task.open.rend()) task.open.erase(std::prev(found.base()), task.open.end());
}

void fall_asleep(TaskHistory& task, const TraceEvent& event, std::size_t index) {
  std::erase_if(task.open,
                [&](const OpenCall& open) { return !may_be_in(open.call, event.stack); });
  SleepSpan span{.event = index, .state = event.state, .call = believed_call(event)};
  if (span.call != TracedCall::None) span.object = event.object;
  if (span.call == TracedCall::None && !task.open.empty()) span.call = task.open.back().call;
  if (span.call == TracedCall::None) {
    span.call = call_in_stack(event.stack);
    if (span.call != TracedCall::None) task.open.push_back({.event = index, .call = span.call});
  }
  if (const OpenCall* open = task.in(span.call); open != nullptr) {
    if (span.object == 0) span.object = open->object;
    if (!task.sleeps.empty() && task.sleeps.back().event > open->event) {
      task.sleeps.back().again = true;
    }
  }
  task.sleeps.push_back(span);
}

/// The event shows `task` on a CPU: whatever it slept in is over.
void awake(TaskHistory& task, std::size_t index) {
  task.ran = index;
  if (!task.sleeps.empty() && !task.sleeps.back().end) task.sleeps.back().end = index;
}

TaskHistory& history_of(TraceHistory& history, int tid) {
  TaskHistory& task = history.tasks[tid];
  task.tid = tid;
  return task;
}

void read_own(TaskHistory& task, const TraceEvent& event, std::size_t index) {
  if (event.pid != 0) task.pid = event.pid;
  awake(task, index);
  if (event.kind == TraceKind::Call) enter(task, event, index);
  if (event.kind == TraceKind::Return) leave(task, event.call);
  if (event.kind == TraceKind::Sleep) fall_asleep(task, event, index);
  if (event.kind == TraceKind::Exit) task.exit = index;
  // The program of the exit may have been skipped; the last switch of a task tells as much.
  if (event.kind == TraceKind::Sleep && event.state == kDead && !task.exit) task.exit = index;
}

}  // namespace

bool sleep_state(char state) {
  return std::string_view("SDKI").find(state) != std::string_view::npos && state != '\0';
}

const SleepSpan* TaskHistory::asleep() const {
  if (sleeps.empty()) return nullptr;
  const SleepSpan& last = sleeps.back();
  return last.unfinished() && sleep_state(last.state) ? &last : nullptr;
}

const OpenCall* TaskHistory::in(TracedCall call) const {
  const auto found = std::find_if(open.rbegin(), open.rend(), [&](const OpenCall& candidate) {
    return candidate.call == call;
  });
  return found == open.rend() ? nullptr : &*found;
}

const TaskHistory* TraceHistory::of(int tid) const {
  const auto found = tasks.find(tid);
  return found == tasks.end() ? nullptr : &found->second;
}

std::vector<const TaskHistory*> TraceHistory::threads_of(int pid) const {
  std::vector<const TaskHistory*> threads;
  for (const auto& [tid, task] : tasks) {
    if (task.pid == pid) threads.push_back(&task);
  }
  return threads;
}

TraceHistory read_history(const Trace& trace, Nanos until) {
  TraceHistory history;
  for (const TraceTask& task : trace.tasks) {
    if (task.tid != 0) history_of(history, task.tid).pid = task.pid;
  }
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const TraceEvent& event = trace.events[i];
    if (event.when > until) break;
    history.end = i + 1;
    if (event.tid != 0) read_own(history_of(history, event.tid), event, i);  // 0: an idle CPU
    if (event.other == 0) continue;
    TaskHistory& other = history_of(history, event.other);
    if (event.kind == TraceKind::Fork) {
      const int known = other.exit ? 0 : other.pid;  // a number that was used before
      const int pid = event.value != 0 ? static_cast<int>(event.value) : known;
      other = TaskHistory{.tid = event.other, .pid = pid};
    } else if (event.kind == TraceKind::Wake) {
      other.wakes.push_back(i);
      if (!other.sleeps.empty() && other.sleeps.back().unfinished()) other.sleeps.back().wake = i;
    }
  }
  return history;
}

std::optional<OpenCall> open_at(const Trace& trace, std::size_t index, int tid, TracedCall call) {
  TaskHistory task;
  for (std::size_t i = 0; i < std::min(index, trace.events.size()); ++i) {
    const TraceEvent& event = trace.events[i];
    if (event.tid != tid) continue;
    if (event.kind == TraceKind::Call) enter(task, event, i);
    if (event.kind == TraceKind::Return) leave(task, event.call);
  }
  const OpenCall* open = task.in(call);
  return open == nullptr ? std::nullopt : std::optional(*open);
}

bool sleeps_in_zap(const TaskHistory& task) {
  const SleepSpan* slept = task.asleep();
  const OpenCall* zap = task.in(TracedCall::ZapPidNs);
  if (slept == nullptr || zap == nullptr) return false;
  if (slept->call == TracedCall::ZapPidNs) return true;
  const OpenCall* wait = task.in(TracedCall::WaitChild);
  return slept->call == TracedCall::WaitChild && wait != nullptr && wait->event > zap->event;
}

std::optional<std::string> absence_of(const Trace& trace, const std::string& hook) {
  for (const std::string& absent : trace.absent) {  // "hook: why"
    const std::size_t colon = absent.find(':');
    if (absent.substr(0, colon) != hook) continue;
    const std::size_t why = absent.find_first_not_of(": ", hook.size());
    return why == absent.npos ? "" : absent.substr(why);
  }
  return std::nullopt;
}

}  // namespace hangrate
