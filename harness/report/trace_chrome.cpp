// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/trace_chrome.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/model/trace_json.h"
#include "harness/report/safe_text.h"
#include "harness/report/trace_tracks.h"

namespace hangrate {

namespace {

/// Microseconds with a fraction, as the format has it.
double stamp(Nanos when) {
  return static_cast<double>(when) / 1000.0;
}

/// An entry of the file with what orders it: by time, an outer slice before an inner one, an arrow
/// after the slices it is bound to.
struct Entry {
  Nanos when = 0;
  int rank = 0;
  Nanos length = 0;
  Json json;
};

Entry placed(const char* phase, const TrackId& track, Nanos when, const std::string& name) {
  Entry entry{.when = when};
  entry.json = {{"ph", phase},       {"pid", track.pid}, {"tid", track.tid},
                {"ts", stamp(when)}, {"cat", "kernel"},  {"name", safe_line(name)}};
  return entry;
}

Json args_of(const TraceEvent& event, std::size_t index) {
  Json args = {{"event", index}, {"cpu", event.cpu}};
  if (event.object != 0) args["object"] = event.object;
  if (event.pipe) {
    args["slots_used"] = slots_used(*event.pipe);
    args["max_usage"] = event.pipe->max_usage;
    args["ring_size"] = event.pipe->ring_size;
  }
  if (event.kind == TraceKind::Return) args["result"] = event.result;
  if (!event.stack.empty()) args["stack"] = event.stack;
  if (!event.user_stack.empty()) args["user_stack"] = event.user_stack;
  return args;
}

/// Start ("s") or end ("f") of the arrow of a Wake. Viewers join them by id, category and name.
Entry arrow(const char* phase, const TrackId& track, std::size_t wake, Nanos when) {
  Entry entry = placed(phase, track, when, "wake-up");
  entry.rank = *phase == 's' ? 1 : 2;  // both ends are of one moment
  entry.json["id"] = wake;
  entry.json["bp"] = "e";  // bound to the slice around it, not to the next one
  return entry;
}

void add_slice(const Trace& trace, const TrackId& track, const Slice& slice,
               const std::set<std::size_t>& arrived, std::vector<Entry>& entries) {
  Entry entry = placed("X", track, slice.begin, slice.name);
  entry.length = slice.end - slice.begin;
  entry.json["dur"] = stamp(entry.length);
  entry.json["args"] = args_of(trace.events[slice.event], slice.event);
  if (slice.unfinished) entry.json["args"]["unfinished"] = true;
  entries.push_back(std::move(entry));
  if (slice.arrow_to && arrived.count(*slice.arrow_to) > 0) {
    entries.push_back(arrow("s", track, *slice.arrow_to, slice.begin));
  }
  if (slice.arrow_from) entries.push_back(arrow("f", track, *slice.arrow_from, slice.begin));
}

bool is_instant(const TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::Signal:
    case TraceKind::Fork:
    case TraceKind::Exit:
    case TraceKind::FuseSend:
    case TraceKind::FuseEnd:
    case TraceKind::FuseAbort:
      return true;
    case TraceKind::Call:
      return event.call == TracedCall::PipeResize;
    case TraceKind::Return:
    case TraceKind::Sleep:
    case TraceKind::Preempt:
    case TraceKind::Run:
    case TraceKind::Wake:
      break;
  }
  return false;
}

/// What changes the world for others, so that it is found without opening a slice, and what has no
/// slice.
void add_instants(const Trace& trace, const TaskNames& names, const std::map<int, TrackId>& tracks,
                  const std::set<std::size_t>& lone_returns, std::vector<Entry>& entries) {
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const TraceEvent& event = trace.events[i];
    if (!is_instant(event) && lone_returns.count(i) == 0) continue;
    const auto found = tracks.find(event.tid);
    const TrackId track =
        found != tracks.end() ? found->second : track_of(event.tid, event.pid, event.cpu);
    Entry entry = placed("i", track, event.when, describe_event(event, names));
    entry.rank = 3;
    entry.json["s"] = "t";
    entry.json["args"] = args_of(event, i);
    entries.push_back(std::move(entry));
  }
}

Json name_of(const char* what, const TrackId& track, const std::string& name) {
  return {{"ph", "M"},
          {"pid", track.pid},
          {"tid", track.tid},
          {"name", what},
          {"args", {{"name", safe_line(name)}}}};
}

/// Names and order of the tracks: parties of the trial first.
void add_names(const std::map<TrackId, std::vector<Slice>>& tracks, const TaskNames& names,
               Json& events) {
  for (const auto& [track, slices] : tracks) {
    const bool idle = is_idle_track(track);
    const std::string name =
        idle ? fmt::format("interrupts of idle CPU {}", cpu_of_idle_track(track))
             : names.of(track.tid);
    const bool party = !idle && !names.role_of(track.tid).empty();
    if (track.pid == track.tid || tracks.count({track.pid, track.pid}) == 0) {
      events.push_back(name_of("process_name", track, name));
    }
    events.push_back(name_of("thread_name", track, name));
    events.push_back({{"ph", "M"},
                      {"pid", track.pid},
                      {"tid", track.tid},
                      {"name", "process_sort_index"},
                      {"args", {{"sort_index", party ? 0 : 1}}}});
  }
}

}  // namespace

std::string trace_chrome(const Trace& trace, const std::string& title) {
  const TaskNames names(trace);
  const Timeline timeline = timeline_of(trace, names);
  const auto& tracks = timeline.tracks;
  std::map<int, TrackId> by_tid;
  std::set<std::size_t> arrived;  // wake-ups whose other end has a slice
  for (const auto& [track, slices] : tracks) {
    by_tid[track.tid] = track;
    for (const Slice& slice : slices) {
      if (slice.arrow_from) arrived.insert(*slice.arrow_from);
    }
  }
  std::vector<Entry> entries;
  for (const auto& [track, slices] : tracks) {
    for (const Slice& slice : slices) add_slice(trace, track, slice, arrived, entries);
  }
  add_instants(trace, names, by_tid, timeline.lone_returns, entries);
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.when != b.when) return a.when < b.when;
    return a.rank != b.rank ? a.rank < b.rank : a.length > b.length;
  });
  Json events = Json::array();
  add_names(tracks, names, events);
  for (Entry& entry : entries) events.push_back(std::move(entry.json));
  return dump_pretty({{"displayTimeUnit", "ns"},
                      {"otherData",
                       {{"title", safe_line(title)},
                        {"clock", "CLOCK_MONOTONIC"},
                        {"lost_events", trace.lost},
                        {"absent_hooks", trace.absent}}},
                      {"traceEvents", std::move(events)}});
}

std::string trace_lines(const Trace& trace) {
  const TaskNames names(trace);
  std::string text;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    Json line = {{"event", i}, {"task", safe_line(names.of(trace.events[i].tid))}};
    line.update(to_json_value(trace.events[i]));
    text += dump_line(line) + "\n";
  }
  return text;
}

}  // namespace hangrate
