// SPDX-License-Identifier: GPL-2.0-or-later
//
// KTAP version 1 (Documentation/dev-tools/ktap.rst, v5.16 and later): one line per cell, counts as
// diagnostics. Thousands of trials are numbers, not lines.
#include <fmt/format.h>

#include "harness/report/summary.h"

namespace hangrate {

namespace {

struct Line {
  bool ok;
  std::string directive;
};

/// KTAP test names must not hold '#'; a reason must not hold a newline.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '#') c = ' ';
  }
  return text;
}

Line line_of(const CellSummary& cell) {
  const std::string why = one_line(cell.explanation);
  switch (cell.verdict) {
    case CellVerdict::Reproduced:
      return {true, "XFAIL " + why};
    case CellVerdict::InconclusivePower:
      return {true, "SKIP " + why};
    case CellVerdict::Skipped:
      return {true, "SKIP " + why};
    case CellVerdict::FixedClean:
    case CellVerdict::ControlHeld:
    case CellVerdict::Measured:
      return {true, ""};
    case CellVerdict::UnexpectedlyClean:
    case CellVerdict::Regression:
    case CellVerdict::OtherHang:
    case CellVerdict::ControlBroken:
      return {false, why};
    case CellVerdict::Infra:
    case CellVerdict::Inconclusive:
      return {false, "ERROR " + why};
  }
  return {false, why};
}

}  // namespace

std::string ktap_report(const Summary& summary) {
  std::string text = fmt::format("KTAP version 1\n# kernel {}\n1..{}\n",
                                 one_line(kernel_phrase(summary)), summary.cells.size());
  int number = 0;
  for (const CellSummary& cell : summary.cells) {
    const Tally& tally = cell.result->tally();
    const Line line = line_of(cell);
    text += fmt::format("# {}: {}\n", cell_verdict_name(cell.verdict), one_line(cell.explanation));
    text += fmt::format("# trials {} hits {} slow {} other_hangs {} infra {} inconclusive {}\n",
                        tally.conclusive(), tally.hits(), tally.count(Outcome::Slow),
                        tally.other_hangs(), tally.lost(), tally.count(Outcome::Inconclusive));
    for (const Measurement& row : cell.result->measurements()) {
      text += fmt::format("# {} = {} {}\n", one_line(row.name), one_line(row.value), row.unit);
    }
    text += fmt::format("{} {} {}.{}{}{}\n", line.ok ? "ok" : "not ok", ++number, cell.spec->repro,
                        cell.spec->variant, line.directive.empty() ? "" : " # ", line.directive);
  }
  return text;
}

}  // namespace hangrate
