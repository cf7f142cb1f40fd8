// SPDX-License-Identifier: GPL-2.0-or-later
//
// RowPlan: what of a row is still to be done: which trials its next boot is asked for, and whether
// there is a next one. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/shortfall.h"
#include "harness/matrix/cell_intake.h"
#include "harness/model/ends.h"
#include "harness/model/matrix_plan.h"
#include "harness/report/run.h"

namespace hangrate {

inline constexpr int kMostBadBoots = 3;
inline constexpr int kMostDeathsOfCell = 2;

struct RowCell {
  MatrixCell plan;
  std::uint64_t search = 0;  ///< trials below this index are of the search
  CellResult result;         ///< of all boots
  int deaths = 0;            ///< of machines, with a trial of this cell in flight
  bool ended = false;        ///< skipped, failed, or it took too many machines with it

  bool complete() const { return missing_trials(plan.trials, result) == 0; }
};

/// What a boot is asked of one cell.
struct BootOrder {
  std::size_t cell = 0;
  CellOrder order;
  std::uint64_t trials = 0;  ///< to measure
  bool searches = false;     ///< the plan says of how many trials, which may be none
};

class RowPlan {
 public:
  RowPlan(const MatrixKernel& kernel, const std::vector<MatrixCell>& cells, const Row& so_far);

  /// Of the next boot. Empty: it has nothing to do, and counts as done.
  std::vector<BootOrder> next_boot(bool native);
  /// A boot ended; `records` were kept of it.
  void boot_ended(BootEnd end, std::uint64_t records);
  /// Its machine, or its reproducer, was lost with a trial of `cell` in flight.
  void lost(std::size_t cell);
  void end() { done_ = true; }

  bool done() const { return done_; }
  /// It ends because boot after boot died or brought nothing.
  bool gave_up() const { return gave_up_; }
  std::vector<RowCell>& cells() { return cells_; }
  const std::vector<RowCell>& cells() const { return cells_; }

 private:
  bool more_to_do() const;
  std::uint64_t quota(const RowCell& cell, bool native) const;
  BootOrder order_for(std::size_t cell, std::uint64_t trials) const;

  const MatrixKernel& kernel_;
  std::vector<RowCell> cells_;
  int good_boots_ = 0;  ///< that ended as they should
  int bad_boots_ = 0;   ///< that did not, in a row
  bool done_ = false;
  bool gave_up_ = false;
};

}  // namespace hangrate
