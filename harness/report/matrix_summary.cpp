// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/matrix_summary.h"

#include <fmt/format.h>

#include "harness/base/check.h"
#include "harness/report/format.h"
#include "harness/report/matrix_grid.h"
#include "harness/report/row_alarms.h"

namespace hangrate {

namespace {

constexpr int kNoAnswer = 3;

/// Trials of one boot share its memory layout, its timing, its luck.
void count_boots(const MatrixRow& row, std::size_t index, CellSummary& cell) {
  if (row.accel == "native") return;  // its starts are those of a program, not of a machine
  std::vector<Cluster> clusters;
  for (const BootFact& boot : row.boots) {
    if (index < boot.clusters.size()) clusters.push_back(boot.clusters[index]);
  }
  complete(cell, row.header, clusters);
  if (cell.boots.boots > 1 && test_dispersion(clusters).overdispersed) {
    cell.explanation += "; the boots differ: " + boot_rates(row, index);
  }
}

}  // namespace

void summarize(MatrixSummary& matrix) {
  std::vector<int> codes;
  for (MatrixRow& row : matrix.rows) {
    HR_CHECK(row.cells.size() == row.header.cells.size());
    row.summary = summarize(row.header, row.cells);
    if (row.boots.size() > 1) {
      for (std::size_t i = 0; i < row.summary.cells.size(); ++i) {
        count_boots(row, i, row.summary.cells[i]);
      }
    }
    std::vector<int> row_codes;
    for (const CellSummary& cell : row.summary.cells) row_codes.push_back(cell.code);
    row.alarms = alarms_of(row);
    for (const RowAlarm& alarm : row.alarms) row_codes.push_back(alarm.exit_code);
    if (!trouble_of(row).empty()) row_codes.push_back(kNoAnswer);
    row.summary.exit_code = combine_exit_codes(row_codes);
    codes.push_back(row.summary.exit_code);
  }
  matrix.exit_code = combine_exit_codes(codes);
}

}  // namespace hangrate
