// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/condense.h"

#include <map>
#include <utility>

#include "harness/classify/event_text.h"

namespace hangrate {

namespace {

constexpr std::size_t kFirst = 2;  // of a kind, kept
constexpr std::size_t kLast = 4;

/// Did a call that came back without sleeping leave everything as it was, or a pipe fuller?
bool uneventful(const TraceEvent& entry, const TraceEvent& exit) {
  switch (row_of(entry.call).quiet) {
    case CallQuiet::Never:
      return false;
    case CallQuiet::Always:
      return true;
    case CallQuiet::UnlessItRead:
      return exit.result <= 0;
    case CallQuiet::UnlessItResized:
      return entry.number != kSetPipeSize;
  }
  return false;
}

}  // namespace

void condense(Trace& trace) {
  using Pair = std::pair<std::size_t, std::size_t>;  // of a call and its return
  std::map<std::pair<int, TracedCall>, std::vector<Pair>> pairs;
  std::map<int, std::size_t> last;  // event of a task
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const TraceEvent& event = trace.events[i];
    const auto before = last.find(event.tid);
    if (event.kind == TraceKind::Return && before != last.end()) {
      const TraceEvent& entry = trace.events[before->second];
      const bool pair = entry.kind == TraceKind::Call && entry.call == event.call;
      if (pair && uneventful(entry, event)) {
        pairs[{event.tid, event.call}].emplace_back(before->second, i);
      }
    }
    last[event.tid] = i;
  }
  std::vector<bool> gone(trace.events.size(), false);
  for (const auto& [kind, all] : pairs) {
    for (std::size_t i = kFirst; i + kLast < all.size(); ++i) {
      gone[all[i].first] = gone[all[i].second] = true;
    }
  }
  std::vector<TraceEvent> kept;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(trace.events[i]));
  }
  trace.condensed += gone.size() - kept.size();
  trace.events = std::move(kept);
}

}  // namespace hangrate
