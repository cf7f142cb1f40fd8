// SPDX-License-Identifier: GPL-2.0-or-later
//
// KTAP version 1 (Documentation/dev-tools/ktap.rst, v5.16 and later): one line per cell, counts as
// diagnostics. Thousands of trials are numbers, not lines.
#include <algorithm>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/ktap_lines.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

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

}  // namespace

std::string ktap_line(const std::string& text) {
  std::string line = safe_line(text);
  std::replace(line.begin(), line.end(), '#', ' ');
  return line;
}

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

std::string ktap_report(const Summary& summary) {
  std::string text;
  for (const std::string& line : ktap_lines(summary)) text += line + "\n";
  return text;
}

}  // namespace hangrate
