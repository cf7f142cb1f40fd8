// SPDX-License-Identifier: GPL-2.0-or-later
//
// SearchMemory: what the records of a cell tell of its search: which aims were tried and what came
// of them. A worker that goes on after a kill, and the next boot of a machine, begin with it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/record.h"

namespace hangrate {

class SearchMemory {
 public:
  /// `search`: trials below this index are search trials. `warm`: what the search began with.
  explicit SearchMemory(std::uint64_t search = 0, std::vector<ArmFact> warm = {})
      : search_(search), warm_(std::move(warm)) {}

  /// Each trial once.
  void apply(const Record& record);

  /// The table as it stood when the first trial was measured, because it chose the arm that all
  /// measured ones use; before that, the last one recorded; and if none was, the one it began with
  /// and what the hits tell.
  std::vector<ArmFact> arms() const;

 private:
  std::vector<ArmFact> arms_of_hits() const;

  std::uint64_t search_;
  std::vector<ArmFact> warm_;
  bool over_ = false;
  std::vector<ArmFact> table_;
  std::vector<ArmFact> hits_;  ///< of search trials: plan, delay, hits
  std::uint64_t clean_ = 0;    ///< search trials that ended in time, by whatever arm
};

/// Trials of a search unless its user says otherwise: cold, and with arms to begin with.
inline constexpr std::uint64_t kColdSearch = 300;
inline constexpr std::uint64_t kWarmSearch = 50;

/// How many trials of a cell search, with its parameters and what it begins with: none where
/// nothing is widened, `asked` if it is given.
std::uint64_t planned_search(const CellSpec& spec, std::optional<std::uint64_t> asked);

/// The arm with the highest share of hits, as far as its tries can tell: 1 of 1 is less than 40 of
/// 45. nullopt: none hit.
std::optional<ArmFact> best_arm(const std::vector<ArmFact>& arms);

/// The best start for `spec` on a kernel of `release` with the preemption model `preempt`: arms of
/// the same release and model, else of the same model; of several such, first those with the same
/// parameters, then those that were tried more often. A source without a preemption model is of
/// the very machine that asks. Its note says what it is or why there is none.
WarmFact choose_warm(const std::vector<WarmSource>& sources, const CellSpec& spec,
                     const std::string& release, const std::string& preempt);

}  // namespace hangrate
