// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/row_plan.h"

#include <algorithm>

namespace hangrate {

namespace {

/// Beyond every index recorded so far.
std::uint64_t next_index(const CellResult& result) {
  const auto ranges = result.recorded().ranges();
  return ranges.empty() ? 0 : ranges.back().first + ranges.back().count;
}

}  // namespace

RowPlan::RowPlan(const MatrixKernel& kernel, const std::vector<MatrixCell>& cells,
                 const Row& so_far)
    : kernel_(kernel) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    RowCell cell{.plan = cells[i], .result = so_far.cells[i]};
    cell.plan.trials = trials_of(kernel, cells[i]);
    const auto search = kernel.search.find(cell.plan.name());
    if (search != kernel.search.end()) cell.search = search->second;
    cell.ended = hopeless(cell.result.end_reason());
    cells_.push_back(std::move(cell));
  }
  good_boots_ = static_cast<int>(
      std::count_if(so_far.boots.begin(), so_far.boots.end(),
                    [](const Boot& boot) { return boot.end == BootEnd::Finished; }));
  done_ = !more_to_do();
}

bool RowPlan::more_to_do() const {
  return std::any_of(cells_.begin(), cells_.end(),
                     [](const RowCell& cell) { return !cell.ended && !cell.complete(); });
}

/// How many trials a cell should have after the boot that comes next: its trials are spread over
/// the boots asked for.
std::uint64_t RowPlan::quota(const RowCell& cell, bool native) const {
  const int spread = kernel_.boots != 0 ? kernel_.boots : native ? 1 : cell.plan.boots;
  const auto boots = static_cast<std::uint64_t>(spread);
  const auto next = std::min<std::uint64_t>(static_cast<std::uint64_t>(good_boots_) + 1, boots);
  return (cell.plan.trials * next + boots - 1) / boots;
}

/// What is left of the search, and behind it this boot's share of measured trials.
BootOrder RowPlan::order_for(std::size_t number, std::uint64_t trials) const {
  const RowCell& cell = cells_[number];
  const std::uint64_t first = next_index(cell.result);
  const std::uint64_t searching = cell.search - std::min(cell.search, first);
  BootOrder boot{.cell = number,
                 .order = {.repro = cell.plan.repro,
                           .variant = cell.plan.variant,
                           .trials = {first, searching + trials},
                           .search = cell.search,
                           .params = {}},
                 .trials = trials,
                 .searches = kernel_.search.contains(cell.plan.name())};
  const auto params = kernel_.params.find(cell.plan.repro);
  if (params != kernel_.params.end()) boot.order.params = params->second;
  return boot;
}

std::vector<BootOrder> RowPlan::next_boot(bool native) {
  std::vector<BootOrder> orders;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::uint64_t missing = missing_trials(quota(cells_[i], native), cells_[i].result);
    if (!cells_[i].ended && missing > 0) orders.push_back(order_for(i, missing));
  }
  if (orders.empty()) {  // this boot's share was made by others before
    ++good_boots_;
    done_ = !more_to_do();
  }
  return orders;
}

void RowPlan::boot_ended(BootEnd end, std::uint64_t records) {
  for (RowCell& cell : cells_) cell.ended = cell.ended || hopeless(cell.result.end_reason());
  const bool finished = end == BootEnd::Finished;
  if (finished) ++good_boots_;
  // A start that brings nothing is as bad as none: the same would come again, for ever.
  const bool bad = finished ? records == 0 : end != BootEnd::Interrupted;
  bad_boots_ = bad ? bad_boots_ + 1 : 0;
  done_ = end == BootEnd::Interrupted || !more_to_do();
  gave_up_ = !done_ && bad_boots_ >= kMostBadBoots;
  done_ = done_ || gave_up_;
}

void RowPlan::lost(std::size_t number) {
  RowCell& cell = cells_[number];
  if (++cell.deaths >= kMostDeathsOfCell) cell.ended = true;
}

}  // namespace hangrate
