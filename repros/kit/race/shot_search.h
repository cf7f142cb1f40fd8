// SPDX-License-Identifier: GPL-2.0-or-later
//
// ShotSearch: which plan and which delay to try next, learned by all workers of a cell together.
// An arm is one (plan, delay). While searching, Thompson sampling: each arm has a Beta posterior of
// its hit rate, one value is drawn from each, and the arm with the highest is tried (Thompson 1933;
// Chapelle and Li 2011). Afterwards one arm is used for good, the one with the highest mean less
// one standard deviation. The table is shared memory that outlives workers: counts only, changed by
// atomics, no lock, nothing to wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/base/clock.h"
#include "repros/kit/protocol.h"
#include "repros/kit/rng.h"

namespace hangrate::kit {

class ShotSearch {
 public:
  /// Every arm is tried this often before chance decides.
  static constexpr std::uint32_t kFirstTries = 3;
  /// A near miss counts as this part of a hit. Small, so that an arm that only ever comes near
  /// loses to one that hits once in ten.
  static constexpr double kNearWeight = 0.1;

  explicit ShotSearch(protocol::SearchTable& table) : table_(table) {}

  /// The arm of `plan` and `delay`, appended if there is none; from now on it may be chosen.
  /// nullptr: the table is full, or another worker died while appending.
  protocol::Arm* declare(const char* plan, Nanos delay);
  /// Declares also what the table knows of `plan`, from earlier runs and from other workers.
  void adopt(const char* plan);
  /// Why this worker must not use the declared arms of `plan`; "" turns them on. The table only
  /// tells the reason: what fails for one worker may work for another.
  void turn(const char* plan, const char* off);

  /// The declared arm to try next, nullptr if none is on. Reads the table, `rng` decides.
  protocol::Arm* explore(Rng& rng) const;
  /// The best declared arm so far, nullptr if none is on.
  protocol::Arm* best() const;

 private:
  std::size_t count() const;
  bool is_on(const protocol::Arm* arm) const;
  protocol::Arm* find(const char* plan, Nanos delay);
  protocol::Arm* find_or_append(const char* plan, Nanos delay);

  protocol::SearchTable& table_;
  std::vector<protocol::Arm*> declared_;
  std::vector<protocol::Arm*> off_;  // of declared_, by this worker's own test
};

/// One value of a Beta(a, b) distribution, a and b >= 1.
double draw_beta(Rng& rng, double a, double b);

}  // namespace hangrate::kit
