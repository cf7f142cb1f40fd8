// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shortfall: whether a cell has the trials that were planned, and what kept it from them. The only
// place that decides "finished" and "cut short". Pure.
#pragma once

#include "harness/stats/cell_result.h"

namespace hangrate {

/// What kept a cell from the trials that were planned of it.
enum class Shortfall {
  None,
  Cut,     ///< killed, interrupted, its machine lost, never reached: nobody planned this end
  GaveUp,  ///< the reproducer could not go on ("infra")
};

/// How many of `planned` trials have no record yet; those of the search do not count.
std::uint64_t missing_trials(std::uint64_t planned, const CellResult& result);

/// Whether `result` has what `spec` planned, or an end that was asked for: hits, an excluded rate,
/// a budget, a skip. A boot of a matrix ends with "trials" after its share, so only the number says
/// that a cell is done.
Shortfall shortfall_of(const CellSpec& spec, const CellResult& result);

/// Whether a run that goes on has nothing left to do for this cell.
bool finished(const CellSpec& spec, const CellResult& result);

/// Whether a cell that ended like this is not tried again in the next boot.
bool hopeless(EndReason reason);

}  // namespace hangrate
