// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds the trial of a journal whose trace or whose shot a command is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/error.h"
#include "harness/model/record.h"

namespace hangrate {

/// What the trial must have on record.
enum class Sought { Trace, Shot };

struct TrialChoice {
  std::string where;  ///< "FILE" or "FILE:TRIAL"
  std::string cell;   ///< "REPRODUCER/VARIANT", "" = any
  Sought sought = Sought::Trace;
};

struct RecordedTrial {
  Environment environment;
  std::uint64_t seed = 0;  ///< of the run
  CellSpec cell;
  TrialRecord record;    ///< its observation has what was sought
  bool cut_off = false;  ///< the last record of the journal has no end; it is left out
};

/// Splits "FILE:TRIAL" at the last colon if digits follow it; a file may have colons in its name.
std::pair<std::string, std::optional<std::uint64_t>> split_trial(const std::string& where);

/// Usage errors say what there is instead, and why what was sought is missing.
Result<RecordedTrial> find_recorded_trial(const TrialChoice& choice);

}  // namespace hangrate
