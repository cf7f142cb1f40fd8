// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Trace for timeline viewers: the Chrome trace-event format, which Perfetto's legacy JSON
// importer and chrome://tracing open. One track per task, named by its role; calls, sleeps and
// waits for a CPU are complete slices ("X") that nest; arrows lead from who wakes to who is woken.
//
// What has not ended is an X up to the trace's end with args {"unfinished": true}, not a lone "B":
// viewers draw a "B" without "E" to the last event of the file or not at all, give it no length to
// search for, and refuse what nests in it; here the length is the time hung, as recorded.
#pragma once

#include <string>

#include "harness/model/trace.h"

namespace hangrate {

/// `title`: of the whole, such as "pipe_resize_stall/blocked-writer trial 17".
std::string trace_chrome(const Trace& trace, const std::string& title);

/// One event a line, as in the journal, with its number ("event") and the task's name ("task").
std::string trace_lines(const Trace& trace);

}  // namespace hangrate
