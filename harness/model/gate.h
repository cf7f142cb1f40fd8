// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gate: what a user demands of a run beside its verdicts: which results fail it, and which weak
// ones he takes. Part of a journal's header, so that a later report ends with the same exit code.
#pragma once

#include <string>
#include <vector>

namespace hangrate {

/// What a clean result must exclude its reference rate in.
enum class PowerOver {
  Run,    ///< the boots that were run, as if every boot were like them
  Boots,  ///< boots in general: those that were run are a sample
};

struct Gate {
  bool weak_ok = false;              ///< a clean result without power is accepted
  bool fail_skip = false;            ///< a skipped cell fails the run
  bool fail_weak = false;            ///< so does one without power
  bool fail_stuck = false;           ///< so does one with a trial that stood still, nothing proven
  std::vector<std::string> require;  ///< reproducers whose skip fails the run
  PowerOver power = PowerOver::Run;
  bool operator==(const Gate&) const = default;
};

}  // namespace hangrate
