// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rescues: which rung freed the hits so far. Once many in a row were freed by the same, most of the
// following ones start with it: the proof of each stays whole, and every so often one climbs from
// the bottom.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/model/observation.h"

namespace hangrate {

class Rescues {
 public:
  std::optional<Rung> first_rung(std::uint64_t trial) const {
    const bool whole = same_ < kWholeLadders || trial % kWholeLadderEvery == 0;
    return whole ? std::nullopt : last_;
  }

  void note(const Verdict& verdict) {
    if (verdict.signature != SignatureMatch::Match) return;
    same_ = verdict.freed_by == last_ ? same_ + 1 : 0;
    last_ = verdict.freed_by;
  }

 private:
  static constexpr int kWholeLadders = 50;
  static constexpr std::uint64_t kWholeLadderEvery = 20;
  std::optional<Rung> last_;
  int same_ = 0;  ///< how many hits in a row it freed
};

}  // namespace hangrate
