// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tally: how many trials ended how. The numerator and the denominator of every rate come from here.
// Any layer may use it. It never folds an unknown (Skipped, Infra, Inconclusive, LostMachine,
// Stuck) into pass or fail: those are attempted, but not conclusive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/model/observation.h"

namespace hangrate {

class Tally {
 public:
  void add(const Verdict& verdict) {
    add(verdict.outcome, verdict.signature);
    misplaced_ += verdict.misplaced ? 1 : 0;
  }
  /// A Hang without SignatureMatch::Match is another hang. The signature of other outcomes is
  /// ignored.
  void add(Outcome outcome, SignatureMatch signature = SignatureMatch::NotApplicable,
           std::uint64_t count = 1);
  void merge(const Tally& other);

  std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }

  std::uint64_t hits() const { return hits_; }  ///< Hang/Match
  std::uint64_t other_hangs() const { return count(Outcome::Hang) - hits_; }
  /// Trials of a lookalike that stand still elsewhere than it says.
  std::uint64_t misplaced() const { return misplaced_; }
  std::uint64_t anomalies() const { return count(Outcome::Anomaly); }
  /// Trials that showed the bug, as a hang or, for a bug that is none, as an anomaly.
  std::uint64_t reproductions() const { return hits() + anomalies(); }

  std::uint64_t conclusive() const;  ///< Clean + Slow + Anomaly + Hang: the denominator
  std::uint64_t attempted() const;   ///< every outcome
  std::uint64_t lost() const;        ///< Infra + LostMachine: the machine failed us
  /// Stuck + Inconclusive + LostMachine: began, and may have been hits.
  std::uint64_t possible_hits() const;

  bool operator==(const Tally&) const = default;

 private:
  static constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::Stuck) + 1;
  std::array<std::uint64_t, kOutcomes> counts_{};
  std::uint64_t hits_ = 0;
  std::uint64_t misplaced_ = 0;
};

/// Whether a trial with this outcome belongs to the denominator.
bool is_conclusive(Outcome outcome);

}  // namespace hangrate
