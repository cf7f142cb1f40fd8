// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the text report says of the cells of one row.
#pragma once

#include <string>
#include <vector>

#include "harness/report/summary.h"

namespace hangrate {

std::string text_table(const Summary& summary, bool colour);
/// What there is to say of a cell beside its explanation, safe for a terminal.
std::vector<std::string> cell_lines(const CellSummary& cell);
/// For the first hit of each kind: who sleeps where, which invariant is broken, what freed it.
std::string text_proofs(const Summary& summary, bool colour);
std::string text_measurements(const Summary& summary);

}  // namespace hangrate
