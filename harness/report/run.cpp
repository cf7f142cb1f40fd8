// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/run.h"

#include <fmt/format.h>

#include "harness/base/check.h"
#include "harness/base/text.h"
#include "harness/judge/shortfall.h"
#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/row_alarms.h"

namespace hangrate {

namespace {

constexpr int kNoAnswer = 3;

/// Trials of one boot share its memory layout, its timing, its luck.
void count_boots(const Row& row, std::size_t index, CellSummary& cell) {
  if (row.accel == "native") return;  // its starts are those of a program, not of a machine
  std::vector<Cluster> clusters;
  for (const Boot& boot : row.boots) {
    if (index < boot.clusters.size()) clusters.push_back(boot.clusters[index]);
  }
  complete(cell, row.header, clusters);
  if (cell.boots.boots > 1 && test_dispersion(clusters).overdispersed) {
    cell.explanation += "; the boots differ: " + boot_rates(row, index);
  }
}

/// The run itself: its journal says how much of it there is.
Boot only_boot(const RunHeader& header, const std::vector<CellResult>& cells) {
  Boot boot;
  boot.end = BootEnd::Finished;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const CellResult& cell = cells[i];
    boot.clusters.push_back({cell.tally().conclusive(), cell.tally().reproductions()});
    boot.total_time += cell.elapsed();
    if (shortfall_of(header.cells[i], cell) == Shortfall::Cut) boot.end = BootEnd::Interrupted;
  }
  if (!cells.empty()) boot.load = cells.front().load();
  return boot;
}

}  // namespace

void summarize_rows(RunResult& run) {
  std::vector<int> codes;
  for (Row& row : run.rows) {
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
  run.exit_code = combine_exit_codes(codes);
}

bool only_native(const RunResult& run) {
  return run.rows.size() == 1 && run.rows.front().accel == "native";
}

RunResult native_run(RunHeader header, std::vector<CellResult> cells) {
  RunResult run;
  run.version = header.version;
  run.started = header.started;
  run.argv = header.argv;
  run.confidence = header.confidence;
  Row& row = run.rows.emplace_back();
  row.id = row.spec = row.accel = "native";
  row.label = header.environment.release;
  row.cpus = header.environment.cpus;
  row.repeat = shell_words(header.argv);
  row.boots.push_back(only_boot(header, cells));
  row.header = std::move(header);
  row.cells = std::move(cells);
  summarize_rows(run);
  return run;
}

}  // namespace hangrate
