// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/trace_tracks.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/classify/frames.h"

namespace hangrate {

namespace {

// Above every pid there can be: PID_MAX_LIMIT is 4 Mi (v6.1 include/linux/threads.h).
constexpr int kIdleCpus = 4 * 1024 * 1024 + 1;
constexpr int kMostCpus = 1 << 20;
// Long enough to be an arrow's foot, short against everything else.
constexpr Nanos kWakeLength = 500;

/// Builds the slices of one task. A slice is opened when it begins and closed when an event says
/// so; closing one closes what is open inside it, so slices always nest.
class Track {
 public:
  void open(Slice slice) {
    slice.begin = std::max(slice.begin, latest_);
    latest_ = slice.begin;
    open_.push_back(slices_.size());
    slices_.push_back(std::move(slice));
  }

  /// Closes everything down to the slice at `depth`.
  void close(std::size_t depth, Nanos when) {
    latest_ = std::max(latest_, when);
    while (open_.size() > depth) {
      slices_[open_.back()].end = latest_;
      open_.pop_back();
    }
  }

  /// A short slice that must end before the next event of the track.
  void point(Slice slice, Nanos next) {
    slice.begin = std::max(slice.begin, latest_);
    slice.end = slice.begin + std::min(kWakeLength, std::max<Nanos>((next - slice.begin) / 2, 0));
    latest_ = slice.end;
    slices_.push_back(std::move(slice));
  }

  /// What is still open lasts to the end of the trace and is marked.
  std::vector<Slice> finish(Nanos until) {
    for (const std::size_t i : open_) slices_[i].unfinished = true;
    close(0, until);
    return std::move(slices_);
  }

  std::size_t depth() const { return open_.size(); }

 private:
  std::vector<Slice> slices_;
  std::vector<std::size_t> open_;
  Nanos latest_ = 0;
};

/// The calls and the sleep a task is in, by their depth on the track.
struct Task {
  Track track;
  std::vector<std::pair<TracedCall, std::size_t>> calls;
  std::optional<std::size_t> away;  ///< depth of the slice in which it is off its CPU
  bool woken = false;               ///< a slice for the waiting is open inside that
};

std::string call_name(const TraceEvent& event) {
  return event.call == TracedCall::PipeFcntl ? fcntl_text(event) : traced_call_name(event.call);
}

void back_on_cpu(Task& task, Nanos when) {
  if (task.away) task.track.close(*task.away, when);
  task.away.reset();
  task.woken = false;
}

/// Closes this call and what is in it.
void close_from(Task& task, std::vector<std::pair<TracedCall, std::size_t>>::iterator call,
                Nanos when) {
  if (call == task.calls.end()) return;
  task.track.close(call->second, when);
  task.calls.erase(call, task.calls.end());
}

/// false: it was entered before the window.
bool leave_call(Task& task, const TraceEvent& event) {
  const auto found = std::find_if(task.calls.rbegin(), task.calls.rend(),
                                  [&](const auto& open) { return open.first == event.call; });
  if (found == task.calls.rend()) return false;
  close_from(task, std::prev(found.base()), event.when);
  return true;
}

/// Calls whose Return was not seen end where an event shows that the task has left them.
void leave_stale(Task& task, const TraceEvent& event) {
  const bool anew = event.kind == TraceKind::Call && outermost(event.call);
  const bool asleep = event.kind == TraceKind::Sleep;
  const auto stale = std::find_if(task.calls.begin(), task.calls.end(), [&](const auto& open) {
    return anew || (asleep && !may_be_in(open.first, event.stack));
  });
  close_from(task, stale, event.when);
}

/// false: a Return that nothing was open for.
bool apply_own(Task& task, const TraceEvent& event, std::size_t index) {
  back_on_cpu(task, event.when);
  leave_stale(task, event);
  if (event.kind == TraceKind::Call) {
    task.calls.emplace_back(event.call, task.track.depth());
    task.track.open({.name = call_name(event), .event = index, .begin = event.when});
  } else if (event.kind == TraceKind::Return) {
    return leave_call(task, event);
  } else if (event.kind == TraceKind::Sleep || event.kind == TraceKind::Preempt) {
    task.away = task.track.depth();
    std::string name = fmt::format("asleep ({})", event.state == 0 ? '?' : event.state);
    if (event.kind == TraceKind::Preempt) name = "preempted";
    if (event.state == 'X') name = "dead";
    task.track.open({.name = name, .event = index, .begin = event.when});
  }
  return true;
}

void apply_wake(Task& task, const TraceEvent& event, std::size_t index, const TaskNames& names) {
  if (!task.away || task.woken) return;
  task.woken = true;
  task.track.open({.name = "woken by " + names.of(event.tid) + ", waits for a CPU",
                   .event = index,
                   .begin = event.when,
                   .arrow_from = index});
}

/// A Wake names only the thread, so its process is looked up.
std::map<int, TrackId> tracks_by_tid(const Trace& trace) {
  std::map<int, TrackId> known;
  for (const TraceTask& task : trace.tasks) {
    if (task.tid != 0) known[task.tid] = track_of(task.tid, task.pid, 0);
  }
  for (const TraceEvent& event : trace.events) {
    if (event.tid != 0) known.emplace(event.tid, track_of(event.tid, event.pid, event.cpu));
  }
  for (const TraceEvent& event : trace.events) {
    if (event.other != 0) known.emplace(event.other, track_of(event.other, 0, 0));
  }
  return known;
}

TrackId own_track(const TraceEvent& event, const std::map<int, TrackId>& known) {
  return event.tid != 0 ? known.at(event.tid) : track_of(0, 0, event.cpu);
}

/// Per event, when the next one happens that moves the slices of its track.
std::vector<Nanos> next_times(const Trace& trace, const std::map<int, TrackId>& known) {
  std::vector<Nanos> next(trace.events.size());
  std::map<TrackId, Nanos> upcoming;
  for (std::size_t i = trace.events.size(); i-- > 0;) {
    const TraceEvent& event = trace.events[i];
    const TrackId own = own_track(event, known);
    const auto found = upcoming.find(own);
    next[i] = found != upcoming.end() ? found->second : std::max(trace.until, event.when);
    upcoming[own] = event.when;
    if (event.kind == TraceKind::Wake && event.other != 0) {
      upcoming[known.at(event.other)] = event.when;
    }
  }
  return next;
}

}  // namespace

TrackId track_of(int tid, int pid, int cpu) {
  if (tid == 0) {
    const int idle = kIdleCpus + std::clamp(cpu, 0, kMostCpus);
    return {idle, idle};
  }
  return {pid != 0 ? pid : tid, tid};
}

bool is_idle_track(const TrackId& track) {
  return track.tid >= kIdleCpus;
}

int cpu_of_idle_track(const TrackId& track) {
  return track.tid - kIdleCpus;
}

Timeline timeline_of(const Trace& trace, const TaskNames& names) {
  Timeline timeline;
  const std::map<int, TrackId> known = tracks_by_tid(trace);
  const std::vector<Nanos> next = next_times(trace, known);
  std::map<TrackId, Task> tasks;
  for (const auto& [tid, track] : known) tasks[track];
  Nanos until = trace.until;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const TraceEvent& event = trace.events[i];
    until = std::max(until, event.when);
    const TrackId own = own_track(event, known);
    if (event.tid != 0 && !apply_own(tasks[own], event, i)) timeline.lone_returns.insert(i);
    if (event.kind != TraceKind::Wake) continue;
    tasks[own].track.point(
        {.name = "wakes " + names.of(event.other), .event = i, .begin = event.when, .arrow_to = i},
        next[i]);
    if (event.other != 0) apply_wake(tasks[known.at(event.other)], event, i, names);
  }
  for (auto& [id, task] : tasks) timeline.tracks[id] = task.track.finish(until);
  return timeline;
}

}  // namespace hangrate
