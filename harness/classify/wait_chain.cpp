// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/wait_chain.h"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>

#include "harness/classify/frames.h"

namespace hangrate {

namespace {

struct Link {
  Statement statement;
  std::vector<int> on;  ///< tasks waited for
};

/// What a task that others wait for is doing itself.
std::string doing(const TraceView& view, int tid) {
  const TaskHistory* task = view.history.of(tid);
  if (task == nullptr) return "is not in the trace";
  if (const SleepSpan* slept = task->asleep()) {
    if (slept->call == TracedCall::None) return "is asleep";
    return std::string("is asleep in ") + traced_call_name(slept->call);
  }
  if (task->exit) {
    const bool dead = !task->sleeps.empty() && task->sleeps.back().state == 'X';
    return dead ? "has exited" : "has begun to exit";
  }
  if (task->sleeps.empty() && !task->ran) return "has no event of its own";
  if (!task->sleeps.empty() && task->sleeps.back().unfinished()) {  // stopped, traced, not told
    const char state = task->sleeps.back().state;
    return fmt::format("was last switched out in state {}", state == '\0' ? '?' : state);
  }
  return "was last seen running or runnable";
}

/// The last task but `self` that left `call` on the pipe.
std::optional<std::size_t> last_left(const TraceView& view, std::uint64_t pipe, TracedCall call,
                                     int self) {
  for (std::size_t i = view.history.end; i-- > 0;) {
    const TraceEvent& event = view.event(i);
    const bool done = event.kind == TraceKind::Return && event.call == call && event.result > 0;
    if (done && event.object == pipe && event.tid != self) return i;
  }
  return std::nullopt;
}

/// Somebody inside `call` on the pipe now: it may be asleep there and have done nothing yet.
const TaskHistory* inside(const TraceView& view, std::uint64_t pipe, TracedCall call, int self) {
  for (const auto& [tid, task] : view.history.tasks) {
    const OpenCall* open = task.in(call);
    if (tid != self && open != nullptr && open->object == pipe) return &task;
  }
  return nullptr;
}

/// The other side of a pipe: who used it last, or is in it.
void add_other_side(const TraceView& view, Link& link, std::uint64_t pipe, TracedCall call,
                    int self) {
  const bool reads = call == TracedCall::PipeRead;
  if (const TaskHistory* task = inside(view, pipe, call, self)) {
    link.statement.text += fmt::format("; {} {}", view.names.of(task->tid), doing(view, task->tid));
    link.statement.events.push_back(task->in(call)->event);
    link.on.push_back(task->tid);
  } else if (const auto last = last_left(view, pipe, call, self)) {
    const int tid = view.event(*last).tid;
    link.statement.text +=
        fmt::format("; in the trace last {} by {}, which {}", reads ? "read" : "written",
                    view.names.of(tid), doing(view, tid));
    link.statement.events.push_back(*last);
    link.on.push_back(tid);
  } else if (!view.hook_absent(call)) {
    link.statement.text +=
        fmt::format("; no other task {} it in the trace", reads ? "reads from" : "writes to");
  } else {
    link.statement.text += fmt::format("; {} were not traced", reads ? "reads" : "writes");
  }
}

void add_pipe_state(const TraceView& view, Link& link, std::uint64_t pipe) {
  const auto states = view.states_of(pipe);
  if (pipe == 0 || states.empty()) return;
  link.statement.text +=
      fmt::format(" (last seen: {})", slots_text(*view.event(states.back()).pipe));
  link.statement.events.push_back(states.back());
}

void add_pipe(const TraceView& view, Link& link, const SleepSpan& slept, int tid) {
  if (slept.object == 0) return;
  add_pipe_state(view, link, slept.object);
  const TaskHistory* task = view.history.of(tid);
  const OpenCall* splice = task == nullptr ? nullptr : task->in(TracedCall::PipeSplice);
  bool reads = slept.call == TracedCall::PipeRead;
  if (slept.call == TracedCall::PipeSplice) {
    if (splice == nullptr) return;                  // it may go either way
    reads = view.event(splice->event).number != 1;  // 1: it writes
  }
  add_other_side(view, link, slept.object, reads ? TracedCall::PipeWrite : TracedCall::PipeRead,
                 tid);
}

/// Who else is inside a call on the pipe and may hold its mutex; no event tells who does.
void add_lock(const TraceView& view, Link& link, const SleepSpan& slept, int tid) {
  add_pipe_state(view, link, slept.object);
  for (const auto& [other, task] : view.history.tasks) {
    if (other == tid || slept.object == 0) continue;
    const auto open = std::find_if(task.open.begin(), task.open.end(), [&](const OpenCall& call) {
      return call.object == slept.object && row_of(call.call).takes_mutex;
    });
    if (open == task.open.end()) continue;
    link.statement.text += fmt::format("; {} is inside {} on it and {}", view.names.of(other),
                                       traced_call_name(open->call), doing(view, other));
    link.statement.events.push_back(open->event);
    link.on.push_back(other);
  }
  link.statement.text += "; the trace does not show who holds the lock";
}

/// Processes made by the thread group of `tid`; the trace does not tell which of them is meant.
void add_children(const TraceView& view, Link& link, int tid) {
  const int pid = view.group_of(tid);
  for (std::size_t i = 0; i < view.history.end && pid != 0; ++i) {
    const TraceEvent& event = view.event(i);
    const bool made =
        event.kind == TraceKind::Fork && event.pid == pid && view.group_of(event.other) != pid;
    if (!made) continue;
    link.statement.text += fmt::format("; it forked {}, which {}", view.names.of(event.other),
                                       doing(view, event.other));
    link.statement.events.push_back(i);
    link.on.push_back(event.other);
  }
}

/// What the task queued right before it began to wait: no call of it lies between.
std::optional<std::size_t> request_of(const TraceView& view, int tid, std::size_t slept) {
  for (std::size_t i = slept; i-- > 0;) {
    const TraceEvent& event = view.event(i);
    if (event.tid != tid) continue;
    if (event.kind == TraceKind::FuseSend) return i;
    const bool wait = event.kind == TraceKind::Call && event.call == TracedCall::FuseWait;
    const bool call = event.kind == TraceKind::Call || event.kind == TraceKind::Return;
    if (call && !wait) break;
  }
  return std::nullopt;
}

/// The request the task waits for, and who answered others.
void add_request(const TraceView& view, Link& link, int tid, std::size_t slept) {
  std::optional<std::size_t> send = request_of(view, tid, slept);
  std::optional<std::size_t> answer;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind != TraceKind::FuseEnd) continue;
    if (send && i > *send && event.object == view.event(*send).object) send.reset();
    if (event.result >= 0) answer = i;
  }
  if (send) {
    link.statement.text += " of " + fuse_request_text(view.event(*send));
    link.statement.events.push_back(*send);
  }
  if (!answer) return;
  const int server = view.event(*answer).tid;
  link.statement.text +=
      fmt::format("; the last answer in the trace, to any request, came from {}, which {}",
                  view.names.of(server), doing(view, server));
  link.statement.events.push_back(*answer);
  if (server != tid) link.on.push_back(server);
}

/// The other side of what the task waits for.
void add_object(const TraceView& view, Link& link, const TaskHistory& task, const SleepSpan& slept,
                CallObject object) {
  switch (object) {
    case CallObject::Nothing:
      return;
    case CallObject::Pipe:
      return add_pipe(view, link, slept, task.tid);
    case CallObject::Request:
      return add_request(view, link, task.tid, slept.event);
    case CallObject::Child:
      return add_children(view, link, task.tid);
  }
}

/// "pipe_read (state D: for a lock, not for data)"
std::string lock_text(TracedCall call, bool lock) {
  std::string text =
      fmt::format("waits uninterruptibly inside {} (state D", traced_call_name(call));
  if (lock) text += ": for a lock";
  const std::string_view awaited = row_of(call).awaited;
  if (!awaited.empty()) text += fmt::format("{} not for {}", lock ? "," : ":", awaited);
  return text + ")";
}

/// The innermost functions of a stack.
std::string frames_text(const std::vector<std::string>& stack) {
  const auto end =
      stack.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(stack.size(), 4));
  return fmt::format("{}", fmt::join(stack.begin(), end, " < "));
}

/// Where a task sleeps of which no more can be said.
std::string place_text(const TraceView& view, TracedCall call, const SleepSpan& slept) {
  const auto& stack = view.stack_of(slept);
  if (call == TracedCall::None) return stack.empty() ? "sleeps" : "sleeps in " + frames_text(stack);
  const char proc = view.contradicted(slept);
  std::string text =
      fmt::format("sleeps inside {} (state {}{})", traced_call_name(call), slept.state,
                  proc == '\0' ? "" : fmt::format(" in the trace, {} in /proc", proc));
  return stack.empty() ? text : text + ": " + frames_text(stack);
}

Link link_of(const TraceView& view, const TaskHistory& task, const SleepSpan& slept) {
  Link link;
  // do_wait() is how zap_pid_ns_processes() waits: the outer call says more.
  TracedCall call = sleeps_in_zap(task) ? TracedCall::ZapPidNs : slept.call;
  const WaitedFor what = view.waits_for(call, slept);
  if (!may_be_in(call, view.stack_of(slept))) call = TracedCall::None;
  const bool object = what == WaitedFor::Object;
  const bool lock = what == WaitedFor::Lock || what == WaitedFor::NotObject;
  std::string text = object ? row_of(call).wait
                     : lock ? lock_text(call, what == WaitedFor::Lock)
                            : place_text(view, call, slept);
  if (what == WaitedFor::NotObject && !view.stack_of(slept).empty()) {
    text += ": " + frames_text(view.stack_of(slept));
  }
  link.statement = {fmt::format("{} {}", view.names.of(task.tid), text), {}};
  if (const OpenCall* open = task.in(call)) link.statement.events.push_back(open->event);
  link.statement.events.push_back(slept.event);
  if (what == WaitedFor::Lock) {
    add_lock(view, link, slept, task.tid);
  } else if (what == WaitedFor::NotObject) {
    add_pipe_state(view, link, slept.object);
  } else if (object) {
    add_object(view, link, task, slept, row_of(call).object);
  }
  link.statement.text += fmt::format("; asleep for {}", view.span_to_end(slept.event));
  link.statement = cited(link.statement.text, link.statement.events);
  return link;
}

}  // namespace

std::vector<Statement> wait_chain(const TraceView& view, const std::vector<int>& victims) {
  std::vector<Statement> chain;
  std::deque<int> next(victims.begin(), victims.end());
  std::set<int> seen;
  while (!next.empty()) {
    const int tid = next.front();
    next.pop_front();
    const TaskHistory* task = view.history.of(tid);
    if (!seen.insert(tid).second || task == nullptr) continue;
    const SleepSpan* slept = task->asleep();
    if (slept == nullptr) continue;  // it waits for nobody
    const Link link = link_of(view, *task, *slept);
    chain.push_back(link.statement);
    next.insert(next.end(), link.on.begin(), link.on.end());
  }
  return chain;
}

}  // namespace hangrate
