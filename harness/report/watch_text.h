// SPDX-License-Identifier: GPL-2.0-or-later
//
// The events of a watch as lines: for the journal of a machine, or JSON for programs
// (results/schema/watch.schema.json).
#pragma once

#include <optional>
#include <string>

#include "harness/model/json.h"
#include "harness/waits/watch_event.h"

namespace hangrate {

struct WatchLine {
  int priority = 6;  ///< of syslog(3)
  std::string text;  ///< without a newline
};

/// nullopt: there is nothing to say. `now` is of CLOCK_MONOTONIC.
std::optional<WatchLine> watch_line(const WatchEvent& event, Nanos now);
WatchLine missed_line(int count);

/// The same as an object; `time` in s since 1970.
std::optional<Json> watch_json(const WatchEvent& event, Nanos now, double time);
Json missed_json(int count, double time);

}  // namespace hangrate
