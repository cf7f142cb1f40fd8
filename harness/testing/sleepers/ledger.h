// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ledger: what became of every sleeper, as its parent saw it, one line each in the file that the
// environment names. Beside the supervisor's own records, so that a test can compare the two.
//
//   begin TRIAL KIND SPAN_MS PID        lever TRIAL        left-out KIND REASON...
//   stopped TRIAL     continued TRIAL   end TRIAL KIND exit CODE      end TRIAL KIND signal NUMBER
#pragma once

#include <string>

#include "harness/base/unique_fd.h"

namespace hangrate::sleepers {

inline constexpr const char* kLedgerVariable = "HANGRATE_SLEEPERS_LEDGER";

class Ledger {
 public:
  Ledger();
  void write(const std::string& line) const;

 private:
  UniqueFd file_;
};

}  // namespace hangrate::sleepers
