// SPDX-License-Identifier: GPL-2.0-or-later
//
// wait_chain(): who waits for whom, from the victims on, as far as the trace tells. A statement
// each, with the events that show it; what a task waits for is named only if an event names it.
// Pure.
#pragma once

#include <vector>

#include "harness/classify/explanation.h"
#include "harness/classify/trace_view.h"

namespace hangrate {

std::vector<Statement> wait_chain(const TraceView& view, const std::vector<int>& victims);

}  // namespace hangrate
