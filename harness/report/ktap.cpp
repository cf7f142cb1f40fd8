// SPDX-License-Identifier: GPL-2.0-or-later
//
// KTAP version 1 (Documentation/dev-tools/ktap.rst, v5.16 and later): one line per cell, counts as
// diagnostics; thousands of trials are numbers, not lines. Several rows are a test each, with their
// cells as a nested test. Every cell has its line whatever happened to the guest, so a plan is
// never cut short.
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/load_text.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

constexpr int kNoAnswer = 3;

/// Text that can stand in a test name or a reason: one line without '#'.
std::string ktap_line(const std::string& text) {
  std::string line = safe_line(text);
  std::replace(line.begin(), line.end(), '#', ' ');
  return line;
}

struct Line {
  bool ok;
  std::string directive;
};

/// A pass is a line without a directive, or with XFAIL for a bug that is known; what says nothing
/// is an ERROR, and a SKIP only where the user said that he takes it.
Line line_of(const CellSummary& cell) {
  const std::string why = ktap_line(cell.explanation);
  switch (cell.code) {
    case 0:
      break;
    case 1:
      return {false, why};
    case 4:
      return {true, "SKIP " + why};
    default:
      return {false, "ERROR " + why};
  }
  if (cell.judgement.verdict == CellVerdict::Reproduced) return {true, "XFAIL " + why};
  if (cell.judgement.verdict == CellVerdict::Weak) return {true, "SKIP " + why};
  return {true, ""};
}

/// A test that failed beside the cells; `why` is its directive.
struct KtapFailure {
  std::string name;
  std::string why;
};

std::vector<std::string> ktap_lines(const Summary& summary,
                                    const std::vector<KtapFailure>& failures) {
  std::vector<std::string> lines = {"KTAP version 1",
                                    "# kernel " + ktap_line(kernel_phrase(summary)),
                                    fmt::format("1..{}", summary.cells.size() + failures.size())};
  int number = 0;
  for (const CellSummary& cell : summary.cells) {
    const Tally& tally = cell.result->tally();
    const Line line = line_of(cell);
    lines.push_back(fmt::format("# {}: {}", cell_verdict_name(cell.judgement.verdict),
                                ktap_line(cell.explanation)));
    lines.push_back(fmt::format(
        "# trials {} hits {} slow {} other_hangs {} stuck {} infra {} inconclusive {}",
        tally.conclusive(), tally.hits(), tally.count(Outcome::Slow), tally.other_hangs(),
        tally.count(Outcome::Stuck), tally.lost(), tally.count(Outcome::Inconclusive)));
    for (const std::string& told : {expectation_text(cell), boots_text(cell), bias_text(cell),
                                    search_text(cell), replay_text(*cell.spec)}) {
      if (!told.empty()) lines.push_back("# " + ktap_line(told));
    }
    for (const Measurement& row : cell.result->measurements()) {
      lines.push_back(
          fmt::format("# {} = {} {}", ktap_line(row.name), ktap_line(row.value), row.unit));
    }
    lines.push_back(fmt::format("{} {} {}.{}{}{}", line.ok ? "ok" : "not ok", ++number,
                                cell.spec->repro, cell.spec->variant,
                                line.directive.empty() ? "" : " # ", line.directive));
  }
  for (const KtapFailure& failure : failures) {
    lines.push_back(
        fmt::format("not ok {} {} # {}", ++number, ktap_line(failure.name), failure.why));
  }
  return lines;
}

std::vector<std::string> comments(const Row& row) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text) { lines.push_back("# " + ktap_line(text)); };
  for (const std::string& flaw : row.flaws) add("the results are not whole: " + flaw);
  for (const std::string& note : row.notes) add("note: " + note);
  if (const std::string load = load_note(row); !load.empty()) add("note: " + load);
  for (const Boot& boot : row.boots) {
    if (guest_died(boot) || !boot.why.empty()) add(boot_sentence(boot));
    for (const ConsoleFinding& finding : boot.findings) {
      add(fmt::format("boot {} console: {}", boot.number, finding_sentence(finding)));
    }
  }
  return lines;
}

/// As of a cell: ERROR is for what says nothing about the kernel.
std::string why(int code, const std::string& text) {
  return (code == 1 ? "" : "ERROR ") + ktap_line(text);
}

std::vector<KtapFailure> failures_of(const Row& row, bool alone) {
  std::vector<KtapFailure> failures;
  for (const RowAlarm& alarm : row.alarms) {
    failures.push_back({alarm.name, why(alarm.exit_code, alarm.text)});
  }
  const std::string trouble = trouble_of(row);
  if (alone && !trouble.empty()) failures.push_back({"results", why(kNoAnswer, trouble)});
  return failures;
}

std::string verdict_line(const Row& row, int number) {
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

std::string only_row(const Row& row) {
  std::string text;
  for (const std::string& line : ktap_lines(row.summary, failures_of(row, true))) {
    text += line + "\n";
  }
  for (const std::string& line : comments(row)) text += line + "\n";
  return text;
}

}  // namespace

std::string ktap_report(const RunResult& run) {
  if (only_native(run)) return only_row(run.rows.front());
  std::string text =
      fmt::format("KTAP version 1\n# {}\n1..{}\n", ktap_line(headline(run)), run.rows.size());
  int number = 0;
  for (const Row& row : run.rows) {
    text += "# " + ktap_line(row.label) + "\n";
    if (!row.summary.cells.empty() || !row.alarms.empty()) {
      for (const std::string& line : ktap_lines(row.summary, failures_of(row, false)))
        text += "  " + line + "\n";
    }
    for (const std::string& line : comments(row)) text += "  " + line + "\n";
    text += verdict_line(row, ++number);
  }
  return text;
}

}  // namespace hangrate
