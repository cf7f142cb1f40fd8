// SPDX-License-Identifier: GPL-2.0-or-later
//
// A run for programs; schema in results/schema/summary.schema.json.
#include <algorithm>

#include "harness/report/cell_json.h"
#include "harness/report/grid.h"

namespace hangrate {

namespace {

constexpr int kSummarySchema = 3;

/// Of each kind the first trial's evidence too: what the HTML shows of it is here as data. Its
/// trace stays in the journal: it may have megabytes.
void add_observations(Json& kinds, const CellResult& result) {
  std::size_t number = 0;
  for (const auto& [name, kind] : result.kinds()) {
    kinds[number++]["observation"] = evidence_json(kind.first.observation);
  }
}

Json result_json(const CellSummary& cell, std::size_t column) {
  Json json = cell_json(cell);
  json["column"] = column;
  json["clusters"] = cell.boots.boots > 1 ? "boots" : "blocks";
  add_observations(json["kinds"], *cell.result);
  return json;
}

Json boot_json(const Boot& boot) {
  Json findings = Json::array();
  for (const ConsoleFinding& finding : boot.findings) {
    findings.push_back({{"kind", finding.kind}, {"lines", finding.lines}});
  }
  Json clusters = Json::array();
  for (const Cluster& cluster : boot.clusters) {
    clusters.push_back({{"trials", cluster.trials}, {"hits", cluster.hits}});
  }
  return {{"number", boot.number},
          {"folder", boot.folder},
          {"boot_seconds", to_seconds(boot.boot_time)},
          {"total_seconds", to_seconds(boot.total_time)},
          {"end", end_name(boot.end)},
          {"load", load_json(boot.load)},
          {"why", boot.why},
          {"findings", findings},
          {"clusters", clusters}};
}

Json row_json(const Row& row, const std::vector<const CellSummary*>& columns) {
  Json boots = Json::array();
  for (const Boot& boot : row.boots) boots.push_back(boot_json(boot));
  Json results = Json::array();
  for (const CellSummary& cell : row.summary.cells) {
    const auto at = std::find(columns.begin(), columns.end(), &cell);
    results.push_back(result_json(cell, static_cast<std::size_t>(at - columns.begin())));
  }
  Json alarms = Json::array();
  for (const RowAlarm& alarm : row.alarms) {
    alarms.push_back({{"name", alarm.name}, {"text", alarm.text}, {"exit_code", alarm.exit_code}});
  }
  return {{"id", row.id},
          {"spec", row.spec},
          {"label", row.label},
          {"cmdline", row.cmdline},
          {"qemu", row.qemu},
          {"accel", row.accel},
          {"cpus", row.cpus},
          {"memory_mib", row.memory_mib},
          {"trouble", trouble_of(row)},
          {"flaws", row.flaws},
          {"notes", row.notes},
          {"repeat", row.repeat},
          {"exit_code", row.summary.exit_code},
          {"started", row.header.started},
          {"argv", row.header.argv},
          {"seed", row.header.seed},
          {"kernel", kernel_json(row.summary)},
          {"environment", to_json_value(row.header.environment)},
          {"alarms", alarms},
          {"boots", boots},
          {"results", results}};
}

}  // namespace

std::string json_report(const RunResult& run) {
  const Grid grid = grid_of(run);
  Json columns = Json::array();
  for (const Column& column : grid.columns) {
    columns.push_back({{"repro", column.repro}, {"variant", column.variant}});
  }
  Json kernels = Json::array();
  std::size_t number = 0;
  for (const Row& row : run.rows) kernels.push_back(row_json(row, grid.cells[number++]));
  return dump_pretty({{"schema", kSummarySchema},
                      {"hangrate", run.version},
                      {"started", run.started},
                      {"argv", run.argv},
                      {"confidence", run.confidence},
                      {"headline", headline(run)},
                      {"worst", worst_sentence(run)},
                      {"columns", columns},
                      {"kernels", kernels},
                      {"exit_code", run.exit_code}});
}

}  // namespace hangrate
