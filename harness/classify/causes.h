// SPDX-License-Identifier: GPL-2.0-or-later
//
// The known causes, one rule each: a Cause if every deciding event is in the trace, else nothing.
// `victim` is a thread of the hung trial. No rule may be asked of a trace that lost events: all of
// them rest on something that did not happen. Pure.
#pragma once

#include <optional>

#include "harness/classify/explanation.h"
#include "harness/classify/trace_view.h"

namespace hangrate {

/// A wake-up inside pipe_resize_ring() came before max_usage rose, and there was no other.
std::optional<Cause> pipe_resize_cause(const TraceView& view, int victim);

/// A child sleeps in a full pipe, its parent sleeps until the child ends, nobody reads.
std::optional<Cause> pipe_child_cause(const TraceView& view, int victim);

/// An exiting task waits for the FUSE server it was, or that is gone.
std::optional<Cause> fuse_flush_cause(const TraceView& view, int victim);

}  // namespace hangrate
