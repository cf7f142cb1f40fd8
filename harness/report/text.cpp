// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "harness/report/cell_text.h"
#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/load_text.h"
#include "harness/report/row_alarms.h"
#include "harness/report/safe_text.h"
#include "harness/report/text_grid.h"

namespace hangrate {

namespace {

std::string table(const RunResult& run, bool colour) {
  const Grid grid = grid_of(run);
  TextRow repros = {"kernel"};
  TextRow variants = {""};
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    const Column& column = grid.columns[i];
    const bool same = i > 0 && grid.columns[i - 1].repro == column.repro;
    repros.push_back(same ? "" : column.repro);
    variants.push_back(column.variant);
  }
  std::vector<TextRow> rows = {repros, variants};
  std::size_t number = 0;
  for (const Row& row : run.rows) {
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

std::string explanations(const Row& row, const std::string& indent, bool colour) {
  std::string text;
  for (const CellSummary& cell : row.summary.cells) {
    const std::string name = cell_name(*cell.spec);
    text +=
        fmt::format("{}{}: {}\n", indent, cell.code == 1 ? painted(name, cell.code, colour) : name,
                    safe_line(cell.explanation));
    for (const std::string& line : cell_lines(cell)) text += indent + "    " + line + "\n";
  }
  for (const std::string& line : unknown_expectations(row.summary)) {
    text += indent + safe_line(line) + "\n";
  }
  return text;
}

std::string explanations(const RunResult& run, bool colour) {
  std::string text;
  for (const Row& row : run.rows) {
    const std::string lines = explanations(row, "  ", colour);
    if (!lines.empty()) text += safe_line(row.label) + "\n" + lines;
  }
  return text;
}

template <typename Sentences>
std::string by_boot(const RunResult& run, Sentences sentences) {
  std::string text;
  for (const Row& row : run.rows) {
    for (const Boot& boot : row.boots) {
      for (const std::string& sentence : sentences(row, boot)) {
        text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(sentence));
      }
    }
  }
  return text;
}

std::vector<std::string> death_of(const Row&, const Boot& boot) {
  if (!guest_died(boot)) return {};
  return {boot_sentence(boot) + (boot.folder.empty() ? "" : " (" + boot.folder + ")")};
}

std::vector<std::string> findings_of(const Row& row, const Boot& boot) {
  std::vector<std::string> sentences;
  for (const ConsoleFinding& finding : boot.findings) {
    sentences.push_back(fmt::format("boot {}: {}{}", boot.number, finding_sentence(finding),
                                    effect_of(alarm_of(row, boot, finding))));
  }
  return sentences;
}

/// Of interrupted boots only: how a lost one ended is among those that died.
std::string notes(const RunResult& run) {
  std::string text;
  const auto add = [&](const Row& row, const std::string& note) {
    text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(note));
  };
  for (const Row& row : run.rows) {
    for (const std::string& flaw : row.flaws) add(row, flaw + " (exit 3)");
    for (const std::string& note : row.notes) add(row, note);
    if (const std::string load = load_note(row); !load.empty()) add(row, load);
    for (const Boot& boot : row.boots) {
      if (!guest_died(boot) && !boot.why.empty()) add(row, boot_sentence(boot));
    }
  }
  return text;
}

std::string troubles(const RunResult& run) {
  std::string text;
  for (const Row& row : run.rows) {
    const std::string trouble = trouble_of(row);
    if (!trouble.empty()) {
      text += fmt::format("  {}: {}\n", safe_line(row.label), safe_line(trouble));
    }
  }
  return text;
}

std::string only_row(const Row& row, const TextStyle& style) {
  const std::string phrase = kernel_phrase(row.summary);
  const bool plain = row.label == row.header.environment.release;
  std::string text =
      bold("kernel " + safe_line(plain ? phrase : row.label + ": " + phrase), style.colour) + "\n";
  text += text_table(row.summary, style.colour) + "\n" + explanations(row, "", style.colour);
  text += text_measurements(row.summary);
  return style.proofs ? text + text_proofs(row.summary, style.colour) : text;
}

std::string all_rows(const RunResult& run, bool colour) {
  return bold(headline(run), colour) + "\n" + safe_line(worst_sentence(run)) + "\n\n" +
         table(run, colour) + section("what was seen", explanations(run, colour), colour);
}

}  // namespace

std::string text_report(const RunResult& run, const TextStyle& style) {
  const bool colour = style.colour;
  std::string text = only_native(run) ? only_row(run.rows.front(), style) : all_rows(run, colour);
  text += section("guests that died", by_boot(run, death_of), colour);
  text += section("on the consoles", by_boot(run, findings_of), colour);
  text += section("to know about the results", notes(run), colour);
  text += section("without results", troubles(run), colour);
  return text;
}

}  // namespace hangrate
