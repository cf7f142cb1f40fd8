// SPDX-License-Identifier: GPL-2.0-or-later
//
// Grid: kernels x reproducers, and the sentences over it. Only for the reporters; it
// judges nothing, exit codes and verdicts come from summarize().
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/run.h"

namespace hangrate {

struct Column {
  std::string repro;
  std::string variant;  ///< with the parameters that are not the default: "zrepl cpu=same"
  std::string name() const { return repro + "/" + variant; }
};

struct Grid {
  std::vector<Column> columns;  ///< by reproducer, in the order the rows name them
  /// By row and column; nullptr where this kernel has no such cell.
  std::vector<std::vector<const CellSummary*>> cells;
};

Grid grid_of(const RunResult& run);

/// The worst there is: a cell of a row, an alarm, or a row without results.
struct WorstResult {
  std::size_t row = 0;
  std::optional<std::size_t> cell;   ///< of the row's summary
  std::optional<std::size_t> alarm;  ///< of the row; neither: the row is in trouble
};
std::optional<WorstResult> worst_of(const RunResult& run);

/// "3 reproducer variants on 5 kernels: 1 regression, 2 reproduced; 1 kernel without results; 1
/// guest died"
std::string headline(const RunResult& run);
/// "Worst: regression: 2 hits in ... (pipe_resize_stall/zrepl on Debian ...)", "" without rows
std::string worst_sentence(const RunResult& run);
/// What an exit code says of a run or a row, in a few words.
const char* exit_words(int code);

/// Why this row has nothing to show, "" if it has.
std::string trouble_of(const Row& row);

/// Neither finished nor ended by the user.
bool guest_died(const Boot& boot);
/// "boot 2: panic after 12.3 s (QEMU: exit 0): Kernel panic - not syncing: ..."
std::string boot_sentence(const Boot& boot);
/// The finding boot_sentence() already quotes.
bool told_by_end(const Boot& boot, const ConsoleFinding& finding);
/// "kasan: BUG: KASAN: ..."
std::string finding_sentence(const ConsoleFinding& finding);

/// "12/1000, 3/1000" of one cell by boot, "" for a single boot.
std::string boot_rates(const Row& row, std::size_t cell);

}  // namespace hangrate
