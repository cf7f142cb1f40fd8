// SPDX-License-Identifier: GPL-2.0-or-later
//
// The known causes, one rule each: a Cause if every deciding event is in the trace, else nothing.
// The rule of a reproducer is the function causes::NAME of repros/NAME/cause.cpp. The build finds
// these files and writes the table, so a rule that is there is asked. No rule may be asked of a
// trace that lost events: all of them rest on something that did not happen. Pure.
#pragma once

#include <optional>
#include <span>

#include "harness/classify/explanation.h"
#include "harness/classify/trace_view.h"

namespace hangrate {

/// `victim` is a thread of the hung trial.
using CauseRule = std::optional<Cause>(const TraceView& view, int victim);

/// In the order of the names of their reproducers.
std::span<CauseRule* const> cause_rules();

}  // namespace hangrate
