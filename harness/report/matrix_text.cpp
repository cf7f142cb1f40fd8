// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/load_text.h"
#include "harness/report/matrix_grid.h"
#include "harness/report/row_alarms.h"
#include "harness/report/safe_text.h"
#include "harness/report/text_grid.h"

namespace hangrate {

namespace {

std::string table(const MatrixSummary& matrix, bool colour) {
  const MatrixGrid grid = grid_of(matrix);
  TextRow repros = {"kernel"};
  TextRow variants = {""};
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    const MatrixColumn& column = grid.columns[i];
    const bool same = i > 0 && grid.columns[i - 1].repro == column.repro;
    repros.push_back(same ? "" : column.repro);
    variants.push_back(column.variant);
  }
  std::vector<TextRow> rows = {repros, variants};
  std::size_t number = 0;
  for (const MatrixRow& row : matrix.rows) {
    TextRow line = {safe_line(row.label)};
    if (row.summary.cells.empty()) {
      line.push_back(warning("no results", colour));
    } else {
      for (const CellSummary* cell : grid.cells[number]) {
        if (cell == nullptr) {
          line.emplace_back("");
          continue;
        }
        const std::string rate = rate_short(*cell);
        line.push_back(
            painted((rate.empty() ? "" : rate + " ") + cell_words(*cell), cell->code, colour));
      }
    }
    rows.push_back(std::move(line));
    ++number;
  }
  return aligned(rows, std::vector<bool>(grid.columns.size() + 1, false));
}

/// A heading over lines, nothing without lines.
std::string section(const std::string& title, const std::string& lines, bool colour) {
  return lines.empty() ? "" : "\n" + bold(title, colour) + "\n" + lines;
}

std::string explanations(const MatrixSummary& matrix, bool colour) {
  std::string text;
  for (const MatrixRow& row : matrix.rows) {
    std::string lines;
    for (const CellSummary& cell : row.summary.cells) {
      lines +=
          fmt::format("    {} {}: {}\n", painted(cell.code == 1 ? "!" : " ", cell.code, colour),
                      cell_name(*cell.spec), safe_line(cell.explanation));
      for (const std::string& line :
           {stated_text(cell), boots_text(cell), bias_text(cell), search_text(cell)}) {
        if (!line.empty()) lines += "      " + safe_line(line) + "\n";
      }
      const std::uint64_t unknown = unknown_trials(cell);
      if (unknown > 0) {
        lines += fmt::format("      {} (infra, inconclusive, stuck, lost)\n",
                             plural(unknown, "more trial says nothing", "more trials say nothing"));
      }
    }
    for (const std::string& line : unknown_expectations(row.summary)) {
      lines += "      " + safe_line(line) + "\n";
    }
    if (!lines.empty()) text += safe_line(row.label) + "\n" + lines;
  }
  return text;
}

template <typename Sentences>
std::string by_boot(const MatrixSummary& matrix, Sentences sentences) {
  std::string text;
  for (const MatrixRow& row : matrix.rows) {
    for (const BootFact& boot : row.boots) {
      for (const std::string& sentence : sentences(row, boot)) {
        text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(sentence));
      }
    }
  }
  return text;
}

std::vector<std::string> death_of(const MatrixRow&, const BootFact& boot) {
  if (!guest_died(boot)) return {};
  return {boot_sentence(boot) + (boot.folder.empty() ? "" : " (" + boot.folder + ")")};
}

std::vector<std::string> findings_of(const MatrixRow& row, const BootFact& boot) {
  std::vector<std::string> sentences;
  for (const ConsoleFinding& finding : boot.findings) {
    sentences.push_back(fmt::format("boot {}: {}{}", boot.number, finding_sentence(finding),
                                    effect_of(alarm_of(row, boot, finding))));
  }
  return sentences;
}

/// Of interrupted boots only: how a lost one ended is among those that died.
std::string notes(const MatrixSummary& matrix) {
  std::string text;
  const auto add = [&](const MatrixRow& row, const std::string& note) {
    text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(note));
  };
  for (const MatrixRow& row : matrix.rows) {
    for (const std::string& flaw : row.flaws) add(row, flaw + " (exit 3)");
    for (const std::string& note : row.notes) add(row, note);
    if (const std::string load = load_note(row); !load.empty()) add(row, load);
    for (const BootFact& boot : row.boots) {
      if (!guest_died(boot) && !boot.why.empty()) add(row, boot_sentence(boot));
    }
  }
  return text;
}

std::string troubles(const MatrixSummary& matrix) {
  std::string text;
  for (const MatrixRow& row : matrix.rows) {
    const std::string trouble = trouble_of(row);
    if (!trouble.empty()) {
      text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(trouble));
    }
  }
  return text;
}

}  // namespace

std::string matrix_text(const MatrixSummary& matrix, bool colour) {
  std::string text = bold(headline(matrix), colour) + "\n";
  text += safe_line(worst_sentence(matrix)) + "\n\n" + table(matrix, colour);
  text += section("what was seen", explanations(matrix, colour), colour);
  text += section("guests that died", by_boot(matrix, death_of), colour);
  text += section("on the consoles", by_boot(matrix, findings_of), colour);
  text += section("to know about the results", notes(matrix), colour);
  text += section("without results", troubles(matrix), colour);
  return text;
}

}  // namespace hangrate
