// SPDX-License-Identifier: GPL-2.0-or-later
//
// GitHub-flavoured Markdown for the summary of a CI job: the table, the rest folded.
#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/load_text.h"
#include "harness/report/proof.h"
#include "harness/report/row_alarms.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

/// The words say it; the sign only helps to find it.
const char* sign_of(const CellSummary& cell) {
  switch (cell.code) {
    case 0:
      return "";
    case 1:
      return "❌ ";
    case 3:
      return "⚠️ ";
    default:
      return "";
  }
}

std::string cell_text(const CellSummary* cell) {
  if (cell == nullptr) return "";
  const std::string words = sign_of(*cell) + cell_words(*cell);
  if (!has_rate(*cell)) return words;
  const std::string rate = rate_short(*cell);
  return fmt::format("{}{}({}) {}", markdown_line(rate), rate.empty() ? "" : " ", count_text(*cell),
                     words);
}

std::string table(const RunResult& run) {
  const Grid grid = grid_of(run);
  std::string text = "| kernel |";
  std::string rule = "| --- |";
  for (const Column& column : grid.columns) {
    text += fmt::format(" {}<br>{} |", markdown_line(column.repro), markdown_line(column.variant));
    rule += " --- |";
  }
  text += "\n" + rule + "\n";
  std::size_t number = 0;
  for (const Row& row : run.rows) {
    text += "| " + markdown_line(row.label) + " |";
    const auto& cells = grid.cells[number++];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool first = i == 0 && row.summary.cells.empty();
      text += fmt::format(" {} |", first ? "⚠️ no results" : cell_text(cells[i]));
    }
    text += "\n";
  }
  return text;
}

/// An HTML block, which Markdown leaves alone until the closing tag.
std::string verbatim(const std::vector<std::string>& lines) {
  std::string text = "<pre>\n";
  for (const std::string& line : lines) text += markup_line(line) + "\n";
  return text + "</pre>\n";
}

std::string cell_details(const CellSummary& cell) {
  std::string text = fmt::format("- **{}** {}: {}\n", markdown_line(cell_name(*cell.spec)),
                                 markdown_line(rate_text(cell)), markdown_line(cell.explanation));
  for (const std::string& line :
       {expectation_text(cell), boots_text(cell), bias_text(cell), search_text(cell)}) {
    if (!line.empty()) text += "  - " + markdown_line(line) + "\n";
  }
  for (const Proof& proof : proofs_of(cell)) {
    std::vector<std::string> lines = {
        fmt::format("{} x {}, first in trial {}", proof.count, proof.kind, proof.first_trial)};
    for (const std::string& line : proof_lines(proof)) lines.push_back("  " + line);
    text += "\n" + verbatim(lines) + "\n";
  }
  return text;
}

std::string boot_details(const Boot& boot) {
  std::string text = "- " + markdown_line(boot_sentence(boot)) + "\n";
  for (const ConsoleFinding& finding : boot.findings) {
    text += "\n" + markdown_line(finding.kind) + " on the console:\n\n" + verbatim(finding.lines) +
            "\n";
  }
  return text;
}

std::string notes(const Row& row) {
  std::string text;
  for (const std::string& flaw : row.flaws) {
    text += "- **The results are not whole**: " + markdown_line(flaw) + "\n";
  }
  for (const std::string& note : row.notes) text += "- " + markdown_line(note) + "\n";
  if (const std::string load = load_note(row); !load.empty()) {
    text += "- " + markdown_line(load) + "\n";
  }
  return text.empty() ? "" : "Notes:\n\n" + text + "\n";
}

std::string details(const Row& row) {
  std::string text = fmt::format("<details>\n<summary>{}: {}</summary>\n\n", markup_line(row.label),
                                 exit_words(row.summary.exit_code));
  const std::string trouble = trouble_of(row);
  if (!trouble.empty()) {
    text += "No results: " + markdown_line(trouble) + "\n\n";
  }
  if (!row.header.environment.release.empty()) {
    text += "Kernel " + markdown_line(kernel_phrase(row.summary)) + "\n\n";
  }
  text += notes(row);
  for (const CellSummary& cell : row.summary.cells) text += cell_details(cell);
  if (!row.boots.empty()) text += "\nBoots:\n\n";
  for (const Boot& boot : row.boots) text += boot_details(boot);
  if (!row.repeat.empty()) text += "\nTo repeat:\n\n" + verbatim({row.repeat});
  return text + "\n</details>\n\n";
}

std::string alarms(const RunResult& run) {
  std::string text;
  for (const Row& row : run.rows) {
    const std::string trouble = trouble_of(row);
    if (!trouble.empty()) {
      text +=
          fmt::format("- {}: no results: {}\n", markdown_line(row.label), markdown_line(trouble));
    }
    for (const std::string& flaw : row.flaws) {
      text += fmt::format("- {}: the results are not whole: {} (exit 3)\n",
                          markdown_line(row.label), markdown_line(flaw));
    }
    for (const Boot& boot : row.boots) {
      if (guest_died(boot)) {
        text +=
            fmt::format("- {}: {}\n", markdown_line(row.label), markdown_line(boot_sentence(boot)));
      }
      for (const ConsoleFinding& finding : boot.findings) {
        if (told_by_end(boot, finding)) continue;
        text += fmt::format("- {}, boot {}, console: {}{}\n", markdown_line(row.label), boot.number,
                            markdown_line(finding_sentence(finding)),
                            effect_of(alarm_of(row, boot, finding)));
      }
    }
  }
  return text.empty() ? "" : text + "\n";
}

}  // namespace

std::string markdown_report(const RunResult& run) {
  std::string text = fmt::format("## hangrate: {}\n\n{}.\n\n", exit_words(run.exit_code),
                                 markdown_line(headline(run)));
  const std::string worst = worst_sentence(run);
  if (!worst.empty()) text += "**" + markdown_line(worst) + "**\n\n";
  text += table(run) + "\n";
  text +=
      fmt::format("Rates are hits per trial; `<` is what a clean result excludes with {:g} %.\n\n",
                  100 * run.confidence);
  text += alarms(run);
  for (const Row& row : run.rows) text += details(row);
  return text;
}

}  // namespace hangrate
