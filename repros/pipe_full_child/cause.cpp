// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_full_child: no fault of the kernel. The child sleeps until a slot is free (pipe_write(),
// v6.1 fs/pipe.c), the parent until the child ends (do_wait(), v6.1 kernel/exit.c).
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/classify/causes.h"
#include "harness/classify/frames.h"

namespace hangrate {

namespace causes {
CauseRule pipe_full_child;
}

namespace {

struct Parent {
  const TaskHistory* waiter = nullptr;
  std::optional<std::size_t> fork;  ///< nullopt: known by its role alone
};

/// Processes that `pid` made and that have not been seen to exit.
std::set<int> living_children(const TraceView& view, int pid) {
  std::set<int> children;
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.kind != TraceKind::Fork || event.pid != pid) continue;
    const TaskHistory* made = view.history.of(event.other);
    const bool thread = made != nullptr && made->pid == pid;
    const bool gone = made != nullptr && made->exit.has_value();
    if (!thread && !gone) children.insert(event.other);
  }
  return children;
}

const TaskHistory* waiting_thread(const TraceView& view, int pid) {
  for (const TaskHistory* thread : view.history.threads_of(pid)) {
    const SleepSpan* slept = thread->asleep();
    const bool waits = slept != nullptr && slept->call == TracedCall::WaitChild &&
                       view.waits_for(TracedCall::WaitChild, *slept) == WaitedFor::Object;
    if (waits && thread->in(TracedCall::WaitChild) != nullptr) return thread;
  }
  return nullptr;
}

bool made_in_window(const TraceView& view, int pid) {
  return view.last_to(TraceKind::Fork, pid, view.history.end).has_value();
}

/// Who made the child and sleeps in do_wait(), with no other child it could wait for.
std::optional<Parent> parent_of(const TraceView& view, int child) {
  const int pid = view.group_of(child);
  if (pid == 0) return std::nullopt;
  if (const auto fork = view.last_to(TraceKind::Fork, pid, view.history.end)) {
    const int maker = view.event(*fork).pid;
    if (maker == 0) return std::nullopt;
    const Parent parent{waiting_thread(view, maker), fork};
    if (parent.waiter == nullptr) return std::nullopt;
    // One that is older than the window may have children that are.
    const bool known =
        made_in_window(view, maker) || view.names.role_of(parent.waiter->tid) == "parent";
    const bool only = living_children(view, maker) == std::set<int>{pid};
    return known && only ? std::optional(parent) : std::nullopt;
  }
  // Made before the window: then the reproducer must have named both.
  if (view.names.role_of(child) != "child") return std::nullopt;
  for (const auto& [tid, task] : view.history.tasks) {
    if (view.names.role_of(tid) != "parent" || task.pid == pid) continue;
    if (const TaskHistory* waiter = waiting_thread(view, task.pid)) {
      const bool other_children = !living_children(view, task.pid).empty();
      return other_children ? std::nullopt : std::optional(Parent{waiter, std::nullopt});
    }
  }
  return std::nullopt;
}

/// Does anybody but `waiter` read the pipe, or did before? Then it may only be slow.
bool has_reader(const TraceView& view, std::uint64_t pipe, int waiter, std::size_t slept) {
  for (const std::size_t read : view.reads_of(pipe)) {
    if (read > slept || view.event(read).tid != waiter) return true;
  }
  for (const auto& [tid, task] : view.history.tasks) {
    for (const TracedCall call : {TracedCall::PipeRead, TracedCall::PipeSplice}) {
      const OpenCall* open = task.in(call);
      if (open != nullptr && open->object == pipe) return true;
    }
  }
  return false;
}

/// Who is inside a resize of the pipe, event by event.
class Resizers {
 public:
  /// Does the event belong to a resize?
  bool see(const TraceEvent& event, std::uint64_t pipe) {
    const bool ring = event.call == TracedCall::PipeResize;
    const bool entry = event.kind == TraceKind::Call;
    if (entry && outermost(event.call)) inside_.erase(event.tid);  // its Return was missed
    if (event.object != pipe || (!ring && event.call != TracedCall::PipeFcntl)) return false;
    if (entry && (ring || event.number == kSetPipeSize)) inside_.insert(event.tid);
    const bool part = ring || inside_.count(event.tid) > 0;
    if (event.kind == TraceKind::Return && !ring) inside_.erase(event.tid);
    return part;
  }
  bool any() const { return !inside_.empty(); }

 private:
  std::set<int> inside_;
};

/// Did the tail move where neither a read of the waiter nor a resize, which moves the slots to the
/// start of the new ring, says why? A splice that need not wait gives no event of its own.
bool drained_unseen(const TraceView& view, std::uint64_t pipe, int waiter) {
  std::optional<std::uint32_t> tail;
  Resizers resizers;
  bool explained = false;  // since the state before
  for (std::size_t i = 0; i < view.history.end; ++i) {
    const TraceEvent& event = view.event(i);
    const bool resize = resizers.see(event, pipe);
    const bool own_read = event.object == pipe && event.call == TracedCall::PipeRead &&
                          event.tid == waiter && event.kind != TraceKind::Sleep;
    explained = explained || resize || resizers.any() || own_read;
    if (!view.shows_state(i, pipe)) continue;
    if (tail && *tail != event.pipe->tail && !explained) return true;
    tail = event.pipe->tail;
    explained = false;
  }
  return false;
}

/// A third process of the trial may have inherited the read end, and read later: no event tells
/// that it closed its own. What is older than the window and has no role is the worker that made
/// them.
bool may_be_read_by_another(const TraceView& view, int child, int waiter) {
  const std::set<int> both = {view.group_of(child), view.group_of(waiter)};
  for (const TaskHistory* task : view.living()) {
    const int pid = task->pid != 0 ? task->pid : task->tid;
    if (both.count(pid) > 0) continue;
    if (made_in_window(view, pid) || !view.names.role_of(task->tid).empty()) return true;
  }
  return false;
}

}  // namespace

std::optional<Cause> causes::pipe_full_child(const TraceView& view, int victim) {
  const TaskHistory* child = view.history.of(victim);
  const SleepSpan* slept = child == nullptr ? nullptr : child->asleep();
  if (slept == nullptr || slept->call != TracedCall::PipeWrite || slept->object == 0 ||
      view.waits_for(TracedCall::PipeWrite, *slept) != WaitedFor::Object) {
    return std::nullopt;
  }
  const std::vector<std::size_t> states = view.states_of(slept->object);
  if (states.empty() || !ring_full(*view.event(states.back()).pipe)) return std::nullopt;
  const auto parent = parent_of(view, victim);
  if (!parent || view.hook_absent(TracedCall::PipeRead))
    return std::nullopt;  // nobody would be seen
  const int waiter = parent->waiter->tid;
  if (has_reader(view, slept->object, waiter, slept->event) ||
      drained_unseen(view, slept->object, waiter) || may_be_read_by_another(view, victim, waiter)) {
    return std::nullopt;
  }
  const std::string who = view.names.of(victim);
  const std::string other = view.names.of(waiter);
  const std::size_t waits = parent->waiter->in(TracedCall::WaitChild)->event;
  const std::size_t asleep = parent->waiter->asleep()->event;

  Cause cause{.name = "pipe_full_child", .statements = {}};
  const auto say = [&](std::string text, std::vector<std::size_t> events) {
    cause.statements.push_back(cited(std::move(text), std::move(events)));
  };
  say(fmt::format("{} sleeps in pipe_write because the ring is full: {}", who,
                  slots_text(*view.event(states.back()).pipe)),
      {states.back(), slept->event});
  if (parent->fork) {
    const std::string maker = view.names.of(view.event(*parent->fork).tid);
    say(fmt::format("{} forked {}", maker, who), {*parent->fork});
  }
  say(parent->fork ? fmt::format("{} sleeps in do_wait; {} is its only child in the trace that has "
                                 "not exited",
                                 other, who)
                   : fmt::format("{} sleeps in do_wait; {} is its child according to the "
                                 "reproducer",
                                 other, who),
      {waits, asleep});
  const auto reads = view.reads_of(slept->object);
  std::vector<std::size_t> shown = {slept->event};
  if (!reads.empty()) shown.push_back(reads.back());  // the last one, before it slept
  say(fmt::format("the trace has no read of the pipe in the {} since{}",
                  view.span_to_end(slept->event), reads.empty() ? ", nor any before" : ""),
      shown);
  say(fmt::format("each waits for the other: {} for room, {} for the exit of {}; the trace shows "
                  "neither, and no lost wake-up",
                  who, other, who),
      {states.back(), slept->event, asleep});
  return cause;
}

}  // namespace hangrate
