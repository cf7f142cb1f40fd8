// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of a summary as JSON.
#pragma once

#include "harness/model/json.h"
#include "harness/report/summary.h"

namespace hangrate {

/// An entry of "results".
Json cell_json(const CellSummary& cell);
/// What the trace of a trial says of its hang, null if it has none or that says nothing.
Json explanation_json(const TrialRecord& trial, const Environment& machine);
/// What else went on, null if nothing is known.
Json load_json(const LoadFact& load);
/// "kernel": what ran, in words of uname and of upstream.
Json kernel_json(const Summary& summary);

}  // namespace hangrate
