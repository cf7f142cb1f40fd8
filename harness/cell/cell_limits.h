// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellLimits: what a cell puts up with.
#pragma once

#include <cstdint>

namespace hangrate {

struct CellLimits {
  int most_parked = 6;     ///< observed trials per lane before it pauses
  int most_abandoned = 8;  ///< victims left behind before a cell gives up
  int most_failures = 3;   ///< workers in a row that could not start
  int most_given_up = 20;  ///< trials in a row whose reproducer failed or skipped
  /// Stuck trials before a cell gives up: each takes as long as a healthy one may, and one is
  /// enough for the verdict.
  std::uint64_t most_stuck = 12;
};

}  // namespace hangrate
