// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tracks of a timeline: per task the slices of time it spent in calls, asleep, waiting for a
// CPU, and waking others. Slices of one track nest or are apart, whatever the trace left out. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/classify/event_text.h"
#include "harness/model/trace.h"

namespace hangrate {

/// One line of a timeline. A task has its own; all interrupts of an idle CPU have one.
struct TrackId {
  int pid = 0;
  int tid = 0;
  auto operator<=>(const TrackId&) const = default;
};

struct Slice {
  std::string name;
  std::size_t event = 0;  ///< that began it
  Nanos begin = 0;
  Nanos end = 0;
  bool unfinished = false;
  std::optional<std::size_t> arrow_from;  ///< a Wake that ends here: the waiting for a CPU
  std::optional<std::size_t> arrow_to;    ///< a Wake that starts here
};

/// The track of events with this tid (tid 0: of the idle task of this CPU).
TrackId track_of(int tid, int pid, int cpu);
bool is_idle_track(const TrackId& track);
int cpu_of_idle_track(const TrackId& track);

struct Timeline {
  /// Oldest first, an outer slice before what it holds.
  std::map<TrackId, std::vector<Slice>> tracks;
  std::set<std::size_t> lone_returns;  ///< their Call was before the window: no slice has them
};

Timeline timeline_of(const Trace& trace, const TaskNames& names);

}  // namespace hangrate
