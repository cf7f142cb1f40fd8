// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds the trial of a journal whose trace a command is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/error.h"
#include "harness/model/record.h"

namespace hangrate {

struct TrialChoice {
  std::string where;  ///< "FILE" or "FILE:TRIAL"
  std::string cell;   ///< "REPRODUCER/VARIANT", "" = any
};

struct RecordedTrial {
  std::string release;  ///< of the kernel
  CellSpec cell;
  TrialRecord record;    ///< its observation has a trace
  bool cut_off = false;  ///< the last record of the journal has no end; it is left out
};

/// Splits "FILE:TRIAL" at the last colon if digits follow it; a file may have colons in its name.
std::pair<std::string, std::optional<std::uint64_t>> split_trial(const std::string& where);

/// Usage errors say what there is instead, and why there is no trace.
Result<RecordedTrial> find_recorded_trial(const TrialChoice& choice);

}  // namespace hangrate
