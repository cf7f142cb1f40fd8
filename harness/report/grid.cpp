// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/grid.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "harness/report/format.h"

namespace hangrate {

namespace {

/// Worst first. A broken control leads: nothing else of its kernel can be believed.
constexpr std::array kBySeverity = {
    CellVerdict::ControlBroken,     CellVerdict::Regression,    CellVerdict::OtherHang,
    CellVerdict::UnexpectedlyClean, CellVerdict::Infra,         CellVerdict::Stuck,
    CellVerdict::Inconclusive,      CellVerdict::NoExpectation, CellVerdict::Weak,
    CellVerdict::Skipped,           CellVerdict::Reproduced,    CellVerdict::FixedClean,
    CellVerdict::ControlHeld,       CellVerdict::Measured};

/// A row without results ranks behind what was proven and before what failed in part.
constexpr std::size_t kTroubleRank = 4;

std::size_t rank_of(CellVerdict verdict) {
  const auto at = static_cast<std::size_t>(
      std::find(kBySeverity.begin(), kBySeverity.end(), verdict) - kBySeverity.begin());
  return at < kTroubleRank ? at : at + 1;
}

/// A bug shown by a cell that was cut short is as good as shown, but the cell is not done.
std::size_t rank_of(const CellSummary& cell) {
  const bool cut = cell.code != exit_code(CellJudgement{.verdict = cell.judgement.verdict});
  return rank_of(cut ? CellVerdict::Inconclusive : cell.judgement.verdict);
}

Column column_of(const CellSpec& spec) {
  Column column{spec.repro, spec.variant};
  for (const Param& param : spec.manifest.params) {
    const auto given = spec.params.find(param.name);
    if (given == spec.params.end() || given->second == param.fallback) continue;
    column.variant += " " + param.name + "=" + given->second;
  }
  return column;
}

/// Behind the last column of its reproducer, at the end if it is the first.
void insert_column(std::vector<Column>& columns, const Column& column) {
  auto at = columns.end();
  for (auto known = columns.begin(); known != columns.end(); ++known) {
    if (known->repro != column.repro) continue;
    if (known->variant == column.variant) return;
    at = std::next(known);
  }
  columns.insert(at, column);
}

}  // namespace

Grid grid_of(const RunResult& run) {
  std::vector<Column> columns;
  std::vector<std::map<std::string, const CellSummary*>> rows;
  for (const Row& row : run.rows) {
    auto& cells = rows.emplace_back();
    for (const CellSummary& cell : row.summary.cells) {
      Column column = column_of(*cell.spec);
      const std::string plain = column.variant;
      for (int again = 2; cells.count(column.name()) > 0; ++again) {
        column.variant = fmt::format("{} ({})", plain, again);
      }
      cells[column.name()] = &cell;
      insert_column(columns, column);
    }
  }
  Grid grid{columns, {}};
  for (const auto& named : rows) {
    auto& cells = grid.cells.emplace_back();
    for (const Column& column : columns) {
      const auto at = named.find(column.name());
      cells.push_back(at == named.end() ? nullptr : at->second);
    }
  }
  return grid;
}

std::optional<WorstResult> worst_of(const RunResult& run) {
  std::optional<WorstResult> worst;
  std::size_t worst_rank = 0;
  std::size_t number = 0;
  const auto consider = [&](std::size_t rank, std::optional<std::size_t> cell,
                            std::optional<std::size_t> alarm) {
    if (worst && rank >= worst_rank) return;
    worst = WorstResult{number, cell, alarm};
    worst_rank = rank;
  };
  for (const Row& row : run.rows) {
    if (!trouble_of(row).empty()) consider(kTroubleRank, std::nullopt, std::nullopt);
    for (std::size_t i = 0; i < row.summary.cells.size(); ++i) {
      consider(rank_of(row.summary.cells[i]), i, std::nullopt);
    }
    for (std::size_t i = 0; i < row.alarms.size(); ++i) {
      const bool proven = row.alarms[i].exit_code == 1;
      consider(proven ? rank_of(CellVerdict::OtherHang) : kTroubleRank, std::nullopt, i);
    }
    ++number;
  }
  return worst;
}

std::string headline(const RunResult& run) {
  std::map<std::size_t, std::pair<std::uint64_t, CellVerdict>> counts;
  std::uint64_t trouble = 0;
  std::uint64_t died = 0;
  std::uint64_t findings = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t flawed = 0;
  for (const Row& row : run.rows) {
    if (!trouble_of(row).empty()) ++trouble;
    if (!row.flaws.empty()) ++flawed;
    for (const Boot& boot : row.boots) {
      if (guest_died(boot)) ++died;
      findings += boot.findings.size();
    }
    for (const CellSummary& cell : row.summary.cells) {
      if (cell.judgement.shortfall == Shortfall::Cut) ++unfinished;
      auto& entry = counts[rank_of(cell.judgement.verdict)];
      ++entry.first;
      entry.second = cell.judgement.verdict;
    }
  }
  std::string text = fmt::format(
      "{} on {}", plural(grid_of(run).columns.size(), "reproducer variant", "reproducer variants"),
      plural(run.rows.size(), "kernel", "kernels"));
  std::string list;
  for (const auto& [rank, entry] : counts) {
    list += fmt::format("{}{} {}", list.empty() ? ": " : ", ", entry.first,
                        verdict_words(entry.second));
  }
  text += list;
  if (unfinished > 0) text += "; " + plural(unfinished, "cell", "cells") + " unfinished";
  if (trouble > 0) text += "; " + plural(trouble, "kernel", "kernels") + " without results";
  if (flawed > 0) {
    text += "; " + plural(flawed, "kernel", "kernels") + " whose results are not whole";
  }
  if (died > 0) text += "; " + plural(died, "guest", "guests") + " died";
  if (findings > 0) text += "; " + plural(findings, "console finding", "console findings");
  return text;
}

std::string worst_sentence(const RunResult& run) {
  const auto worst = worst_of(run);
  if (!worst) return "";
  const Row& row = *std::next(run.rows.begin(), static_cast<std::ptrdiff_t>(worst->row));
  if (worst->alarm) {
    return fmt::format("Worst: {}: {}", row.label, row.alarms[*worst->alarm].text);
  }
  if (!worst->cell) return fmt::format("Worst: no results of {}: {}", row.label, trouble_of(row));
  const CellSummary& cell = row.summary.cells[*worst->cell];
  return fmt::format("Worst: {} on {}: {}", cell_name(*cell.spec), row.label, cell.explanation);
}

const char* exit_words(int code) {
  switch (code) {
    case 0:
      return "as expected";
    case 1:
      return "not as expected";
    case 3:
      return "incomplete";
    case 4:
      return "nothing could run";
    default:
      return "?";
  }
}

std::string trouble_of(const Row& row) {
  if (!row.trouble.empty()) return row.trouble;
  return row.boots.empty() || row.summary.cells.empty() ? "not run" : "";
}

bool guest_died(const Boot& boot) {
  return boot.end != BootEnd::Finished && boot.end != BootEnd::Interrupted;
}

bool told_by_end(const Boot& boot, const ConsoleFinding& finding) {
  return guest_died(boot) && finding.kind == end_name(boot.end) && !finding.lines.empty();
}

std::string boot_sentence(const Boot& boot) {
  std::string text = fmt::format("boot {}: {} after {:.1f} s", boot.number, end_name(boot.end),
                                 to_seconds(boot.total_time));
  if (!boot.why.empty()) text += " (" + boot.why + ")";
  for (const ConsoleFinding& finding : boot.findings) {
    if (told_by_end(boot, finding)) return text + ": " + finding.lines.front();
  }
  if (boot.end == BootEnd::Panic || boot.findings.empty()) return text;
  return text + ", after " + finding_sentence(boot.findings.back());
}

std::string finding_sentence(const ConsoleFinding& finding) {
  return finding.lines.empty() ? finding.kind : finding.kind + ": " + finding.lines.front();
}

std::string boot_rates(const Row& row, std::size_t cell) {
  if (row.boots.size() < 2) return "";
  std::string text;
  for (const Boot& boot : row.boots) {
    if (cell >= boot.clusters.size() || boot.clusters[cell].trials == 0) continue;
    text += fmt::format("{}{}/{}", text.empty() ? "" : ", ", boot.clusters[cell].hits,
                        boot.clusters[cell].trials);
  }
  return text;
}

}  // namespace hangrate
