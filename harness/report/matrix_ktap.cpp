// SPDX-License-Identifier: GPL-2.0-or-later
//
// KTAP version 1: a test per kernel, its cells as a nested test. Every cell has its line whatever
// happened to the guest, so a plan is never cut short.
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/ktap_lines.h"
#include "harness/report/load_text.h"
#include "harness/report/matrix_grid.h"

namespace hangrate {

namespace {

std::string comments(const MatrixRow& row) {
  std::string text;
  for (const std::string& flaw : row.flaws) {
    text += "  # the results are not whole: " + ktap_line(flaw) + "\n";
  }
  for (const std::string& note : row.notes) text += "  # note: " + ktap_line(note) + "\n";
  if (const std::string load = load_note(row); !load.empty()) text += "  # note: " + load + "\n";
  for (const BootFact& boot : row.boots) {
    if (guest_died(boot) || !boot.why.empty())
      text += "  # " + ktap_line(boot_sentence(boot)) + "\n";
    for (const ConsoleFinding& finding : boot.findings) {
      text += fmt::format("  # boot {} console: {}\n", boot.number,
                          ktap_line(finding_sentence(finding)));
    }
  }
  return text;
}

/// As of a cell: ERROR is for what says nothing about the kernel.
std::string why(int code, const std::string& text) {
  return (code == 1 ? "" : "ERROR ") + ktap_line(text);
}

std::vector<KtapFailure> failures_of(const MatrixRow& row) {
  std::vector<KtapFailure> failures;
  for (const RowAlarm& alarm : row.alarms) {
    failures.push_back({alarm.name, why(alarm.exit_code, alarm.text)});
  }
  return failures;
}

std::string verdict_line(const MatrixRow& row, int number) {
  const int code = row.summary.exit_code;
  const bool ok = code == 0 || code == 4;
  std::string directive = code == 4 ? " # SKIP every cell was skipped" : "";
  const std::string trouble = trouble_of(row);
  const auto& cells = row.summary.cells;
  const bool of_cells = std::any_of(cells.begin(), cells.end(),
                                    [&](const CellSummary& cell) { return cell.code == code; });
  for (const RowAlarm& alarm : row.alarms) {  // where no line of a cell says it
    if (of_cells || !directive.empty() || alarm.exit_code != code) continue;
    directive = " # " + why(alarm.exit_code, alarm.text);
  }
  if (!trouble.empty() && code != 1) directive = " # ERROR " + ktap_line(trouble);
  return fmt::format("{} {} {}{}\n", ok ? "ok" : "not ok", number, ktap_line(row.id), directive);
}

}  // namespace

std::string matrix_ktap(const MatrixSummary& matrix) {
  std::string text =
      fmt::format("KTAP version 1\n# {}\n1..{}\n", ktap_line(headline(matrix)), matrix.rows.size());
  int number = 0;
  for (const MatrixRow& row : matrix.rows) {
    text += "# " + ktap_line(row.label) + "\n";
    if (!row.summary.cells.empty() || !row.alarms.empty()) {
      for (const std::string& line : ktap_lines(row.summary, failures_of(row)))
        text += "  " + line + "\n";
    }
    text += comments(row) + verdict_line(row, ++number);
  }
  return text;
}

}  // namespace hangrate
