// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/wait_chain.h"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>

namespace hangrate {

namespace {

struct Link {
  Statement statement;
  std::vector<int> on;  ///< tasks waited for
};

/// What a task that others wait for is doing itself.
std::string doing(const Scene& scene, int tid) {
  const TaskStory* task = scene.story.of(tid);
  if (task == nullptr) return "is not in the trace";
  if (const SleepSpan* slept = task->asleep()) {
    if (slept->call == TracedCall::None) return "is asleep";
    return std::string("is asleep in ") + traced_call_name(slept->call);
  }
  if (task->exit) return "has exited";
  if (task->sleeps.empty() && !task->ran) return "has no event of its own";
  return "was last seen running or runnable";
}

/// The last task but `self` that left `call` on the pipe.
std::optional<std::size_t> last_left(const Scene& scene, std::uint64_t pipe, TracedCall call,
                                     int self) {
  for (std::size_t i = scene.story.end; i-- > 0;) {
    const TraceEvent& event = scene.event(i);
    const bool done = event.kind == TraceKind::Return && event.call == call && event.result > 0;
    if (done && event.object == pipe && event.tid != self) return i;
  }
  return std::nullopt;
}

/// Somebody inside `call` on the pipe now: it may be asleep there and have done nothing yet.
const TaskStory* inside(const Scene& scene, std::uint64_t pipe, TracedCall call, int self) {
  for (const auto& [tid, task] : scene.story.tasks) {
    const OpenCall* open = task.in(call);
    if (tid != self && open != nullptr && open->object == pipe) return &task;
  }
  return nullptr;
}

/// The other side of a pipe: who used it last, or is in it.
void add_other_side(const Scene& scene, Link& link, std::uint64_t pipe, TracedCall call, int self,
                    const char* verb) {
  if (const TaskStory* task = inside(scene, pipe, call, self)) {
    link.statement.text +=
        fmt::format("; {} {}", scene.names.of(task->tid), doing(scene, task->tid));
    link.statement.events.push_back(task->in(call)->event);
    link.on.push_back(task->tid);
  } else if (const auto last = last_left(scene, pipe, call, self)) {
    const int tid = scene.event(*last).tid;
    link.statement.text +=
        fmt::format("; last {} by {}, which {}", verb, scene.names.of(tid), doing(scene, tid));
    link.statement.events.push_back(*last);
    link.on.push_back(tid);
  } else {
    link.statement.text += fmt::format("; nobody in the trace has {} it", verb);
  }
}

void add_pipe(const Scene& scene, Link& link, const SleepSpan& slept, int tid) {
  if (slept.object == 0) return;
  const auto states = scene.states_of(slept.object);
  if (!states.empty()) {
    link.statement.text += fmt::format(" ({})", slots_text(*scene.event(states.back()).pipe));
    link.statement.events.push_back(states.back());
  }
  const TaskStory* task = scene.story.of(tid);
  const OpenCall* splice = task == nullptr ? nullptr : task->in(TracedCall::PipeSplice);
  // A splice may go either way; `number` of its call is 1 if it writes.
  const bool reads = slept.call == TracedCall::PipeRead ||
                     (splice != nullptr && scene.event(splice->event).number != 1);
  add_other_side(scene, link, slept.object, reads ? TracedCall::PipeWrite : TracedCall::PipeRead,
                 tid, reads ? "written" : "read");
}

/// Processes made by the thread group of `tid`; the trace does not tell which of them is meant.
void add_children(const Scene& scene, Link& link, int tid) {
  const int pid = scene.group_of(tid);
  for (std::size_t i = 0; i < scene.story.end && pid != 0; ++i) {
    const TraceEvent& event = scene.event(i);
    const bool made =
        event.kind == TraceKind::Fork && event.pid == pid && scene.group_of(event.other) != pid;
    if (!made) continue;
    link.statement.text += fmt::format("; it made {}, which {}", scene.names.of(event.other),
                                       doing(scene, event.other));
    link.statement.events.push_back(i);
    link.on.push_back(event.other);
  }
}

/// The last unanswered request of the task, and who answered others.
void add_request(const Scene& scene, Link& link, int tid) {
  std::optional<std::size_t> send;
  std::optional<std::size_t> answer;
  for (std::size_t i = 0; i < scene.story.end; ++i) {
    const TraceEvent& event = scene.event(i);
    if (event.kind == TraceKind::FuseSend && event.tid == tid) send = i;
    if (event.kind != TraceKind::FuseEnd) continue;
    if (send && event.object == scene.event(*send).object) send.reset();
    if (event.result >= 0) answer = i;
  }
  if (send) {
    link.statement.text += " of " + fuse_request_text(scene.event(*send));
    link.statement.events.push_back(*send);
  }
  if (!answer) return;
  const int server = scene.event(*answer).tid;
  link.statement.text += fmt::format("; the last answer to any came from {}, which {}",
                                     scene.names.of(server), doing(scene, server));
  link.statement.events.push_back(*answer);
  if (server != tid) link.on.push_back(server);
}

std::string waits_for(TracedCall call) {
  switch (call) {
    case TracedCall::PipeWrite:
      return "waits in pipe_write for room in a pipe";
    case TracedCall::PipeRead:
      return "waits in pipe_read for data in a pipe";
    case TracedCall::PipeSplice:
      return "waits in a splice for a pipe";
    case TracedCall::WaitChild:
      return "waits in do_wait for a child";
    case TracedCall::FuseFlush:
    case TracedCall::FuseWait:
      return "waits for the answer";
    case TracedCall::ZapPidNs:
      return "waits in zap_pid_ns_processes for the tasks of its pid namespace";
    case TracedCall::P9Flush:
    case TracedCall::P9Rpc:
      return "waits for the answer of a 9p server";
    case TracedCall::None:
    case TracedCall::PipeFcntl:
    case TracedCall::PipeResize:
    case TracedCall::PipeRelease:
      break;
  }
  return "";
}

/// Where a task sleeps that is in no followed call: the innermost functions of its stack.
std::string elsewhere(const Scene& scene, const SleepSpan& slept) {
  const auto& stack = scene.event(slept.event).stack;
  if (stack.empty()) {
    const char* name = traced_call_name(slept.call);
    return slept.call == TracedCall::None ? "sleeps" : std::string("sleeps in ") + name;
  }
  std::string text = "sleeps in " + stack.front();
  for (std::size_t i = 1; i < std::min<std::size_t>(stack.size(), 4); ++i) text += " < " + stack[i];
  return text;
}

Link link_of(const Scene& scene, const TaskStory& task, const SleepSpan& slept) {
  Link link;
  // do_wait() is how zap_pid_ns_processes() waits: the outer call says more.
  const TracedCall call = sleeps_in_zap(task) ? TracedCall::ZapPidNs : slept.call;
  std::string what = waits_for(call);
  if (what.empty()) what = elsewhere(scene, slept);
  link.statement = {fmt::format("{} {}", scene.names.of(task.tid), what), {}};
  if (const OpenCall* open = task.in(call)) link.statement.events.push_back(open->event);
  link.statement.events.push_back(slept.event);
  if (call == TracedCall::PipeWrite || call == TracedCall::PipeRead ||
      call == TracedCall::PipeSplice) {
    add_pipe(scene, link, slept, task.tid);
  } else if (call == TracedCall::WaitChild || call == TracedCall::ZapPidNs) {
    add_children(scene, link, task.tid);
  } else if (call == TracedCall::FuseWait || call == TracedCall::FuseFlush) {
    add_request(scene, link, task.tid);
  }
  link.statement.text += fmt::format("; asleep for {}", scene.span_to_end(slept.event));
  link.statement = cited(link.statement.text, link.statement.events);
  return link;
}

}  // namespace

std::vector<Statement> wait_chain(const Scene& scene, const std::vector<int>& victims) {
  std::vector<Statement> chain;
  std::deque<int> next(victims.begin(), victims.end());
  std::set<int> seen;
  while (!next.empty()) {
    const int tid = next.front();
    next.pop_front();
    const TaskStory* task = scene.story.of(tid);
    if (!seen.insert(tid).second || task == nullptr) continue;
    const SleepSpan* slept = task->asleep();
    if (slept == nullptr) continue;  // it waits for nobody
    const Link link = link_of(scene, *task, *slept);
    chain.push_back(link.statement);
    next.insert(next.end(), link.on.begin(), link.on.end());
  }
  return chain;
}

}  // namespace hangrate
