// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/trace_maker.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bpf/decode.h"

namespace hangrate {

namespace {

/// What belongs to the trial grows with the events: tasks it makes belong to it as well.
class Members {
 public:
  Members(const SnapshotRequest& request, const std::vector<RawEvent>& events)
      : root_(request.root) {
    for (const TraceTask& task : request.tasks) {
      tids_.insert(task.tid);
      tasks_[task.tid] = task;
    }
    // The root's threads first: who wakes one may do so before it has an event of its own.
    tids_.insert(root_);
    for (const RawEvent& event : events) {
      if (static_cast<int>(event.slot.pid) == root_) tids_.insert(static_cast<int>(event.slot.tid));
    }
  }

  bool has(int tid, int pid) const { return pid == root_ || tids_.contains(tid); }

  bool concerns(const hr_slot& slot) {
    const int tid = static_cast<int>(slot.tid);
    const int pid = static_cast<int>(slot.pid);
    const int other = static_cast<int>(slot.other);
    const bool mine = has(tid, pid);
    if (mine) note(tid, pid);
    switch (slot.kind) {
      case HR_FORK:
        if (mine) adopt(other, static_cast<int>(slot.value), slot_comm(slot));
        return mine;
      case HR_EXEC:
        if (mine || tids_.contains(other)) adopt(tid, pid, slot_comm(slot));
        return mine;
      case HR_WAKE:
      case HR_SIGNAL:
        return mine || tids_.contains(other);
      default:
        return mine;
    }
  }

  void name(const TraceTask& task) {
    if (!has(task.tid, task.pid)) return;
    note(task.tid, task.pid);
    tasks_[task.tid].comm = task.comm;
  }

  std::vector<TraceTask> tasks() const {
    std::vector<TraceTask> all;
    for (const auto& [tid, task] : tasks_) all.push_back(task);
    return all;
  }

 private:
  void note(int tid, int pid) {
    TraceTask& task = tasks_[tid];
    task.tid = tid;
    task.pid = pid;
    tids_.insert(tid);
  }

  void adopt(int tid, int pid, const std::string& comm) {
    note(tid, pid);
    tasks_[tid].comm = comm;
  }

  int root_;
  std::set<int> tids_;
  std::map<int, TraceTask> tasks_;
};

std::vector<std::string> name_frames(const hr_slot& slot, const std::vector<Mapping>& layout) {
  std::vector<std::string> names;
  for (const std::uint64_t address : user_frames(slot)) {
    names.push_back(name_address(layout, address));
  }
  return names;
}

/// An interrupt can make a task's call be told a second time, as of the same moment.
bool told_twice(const TraceEvent& event, const std::vector<TraceEvent>& events) {
  if (event.kind != TraceKind::Call) return false;
  for (auto before = events.rbegin(); before != events.rend(); ++before) {
    if (before->when != event.when) return false;
    const bool same = before->tid == event.tid && before->kind == event.kind;
    if (same && before->call == event.call) return true;
  }
  return false;
}

/// The kernel stack of a task that sleeps now belongs to its last event if that is a Sleep.
void add_kernel_stacks(const std::vector<TaskStack>& stacks, Nanos at,
                       std::vector<TraceEvent>& events) {
  for (const TaskStack& stack : stacks) {
    const auto last = std::find_if(events.rbegin(), events.rend(), [&stack](const TraceEvent& e) {
      return e.tid == stack.task.tid && e.kind != TraceKind::Wake;
    });
    const bool since = last != events.rend() && last->when < at;  // it has not moved since
    if (since && last->kind == TraceKind::Sleep) last->stack = stack.frames;
  }
}

}  // namespace

Trace make_trace(TraceParts parts) {
  Trace trace;
  trace.from = parts.request.from;
  trace.until = parts.request.until;
  trace.lost = parts.read.torn + parts.read.wrapped.size();
  for (const int cpu : parts.read.wrapped) {
    trace.absent.push_back(fmt::format("the ring of CPU {} begins after the trial", cpu));
  }
  auto& raw = parts.read.events;
  std::stable_sort(raw.begin(), raw.end(),
                   [](const RawEvent& a, const RawEvent& b) { return a.slot.when < b.slot.when; });
  Members members(parts.request, raw);
  std::map<int, std::size_t> last_sleep;
  std::set<int> replaced;  ///< tasks that run another program than the root
  for (const RawEvent& event : raw) {
    const hr_slot& slot = event.slot;
    const auto tid = static_cast<int>(slot.tid);
    if (slot.root != parts.root || static_cast<Nanos>(slot.when) > trace.until) continue;
    if (!members.concerns(slot)) continue;
    if (slot.kind == HR_EXEC) replaced.insert(tid);
    if (slot.kind == HR_QUIET) {
      trace.condensed += 2 * static_cast<std::uint64_t>(std::max<std::int64_t>(slot.value, 0));
      continue;
    }
    if (slot.kind == HR_USER_STACK) {
      const auto sleep = last_sleep.find(tid);
      if (sleep == last_sleep.end()) continue;
      trace.events[sleep->second].user_stack =
          name_frames(slot, replaced.contains(tid) ? std::vector<Mapping>() : parts.layout);
      continue;
    }
    auto decoded = decode(event);
    if (!decoded || told_twice(*decoded, trace.events)) continue;
    if (decoded->kind == TraceKind::Sleep) last_sleep[tid] = trace.events.size();
    trace.events.push_back(std::move(*decoded));
  }
  for (const TaskStack& stack : parts.stacks) members.name(stack.task);
  add_kernel_stacks(parts.stacks, parts.stacks_at, trace.events);
  trace.tasks = members.tasks();
  return trace;
}

}  // namespace hangrate
