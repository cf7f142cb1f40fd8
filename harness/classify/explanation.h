// SPDX-License-Identifier: GPL-2.0-or-later
//
// Explanation: what a trace says of a hang, as values. Every statement carries the indices of the
// events that show it, so that nobody has to believe it. Not escaped (see event_text.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"

namespace hangrate {

struct Statement {
  std::string text;
  std::vector<std::size_t> events;  ///< indices into Trace::events
  bool operator==(const Statement&) const = default;
};

/// A statement with its events in order, each once.
Statement cited(std::string text, std::vector<std::size_t> events);

/// A cause that is known, and every event of which was seen.
struct Cause {
  std::string name;  ///< of the reproducer: "pipe_resize_stall"
  std::vector<Statement> statements;
  bool operator==(const Cause&) const = default;
};

/// One deciding event.
struct TimelineLine {
  std::size_t event = 0;
  Nanos at = 0;  ///< since the first line
  int cpu = 0;
  std::string who;
  std::string text;
  bool operator==(const TimelineLine&) const = default;
};

struct Explanation {
  std::vector<TimelineLine> timeline;
  std::size_t left_out = 0;  ///< older events that would be lines too
  std::vector<Cause> causes;
  std::vector<Statement> chain;    ///< who waits for whom, as far as the trace tells
  std::vector<std::string> notes;  ///< what limits it: lost events, absent hooks
  bool operator==(const Explanation&) const = default;

  bool empty() const { return timeline.empty(); }
};

}  // namespace hangrate
