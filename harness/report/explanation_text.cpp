// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/explanation_text.h"

#include <fmt/format.h>

#include "harness/report/safe_text.h"
#include "harness/report/wrap.h"

namespace hangrate {

namespace {

/// With the indentation of a proof that makes 80 columns.
constexpr std::size_t kWidth = 76;

void add(const std::string& line, std::size_t hang, std::vector<std::string>& lines) {
  for (std::string& piece : wrapped(line, kWidth, hang)) lines.push_back(std::move(piece));
}

void add_statements(const std::vector<Statement>& statements, std::vector<std::string>& lines) {
  for (const Statement& statement : statements) {
    add(fmt::format("  {} [{}]", statement.text, fmt::join(statement.events, " ")), 4, lines);
  }
}

void add_timeline(const Explanation& explanation, std::vector<std::string>& lines) {
  lines.push_back("deciding events: number, time since the first of them, CPU, task");
  if (explanation.left_out > 0) {
    lines.push_back(fmt::format("  ({} older ones left out)", explanation.left_out));
  }
  struct Row {
    std::string number, time, cpu, who;
  };
  std::vector<Row> rows;
  Row widest;
  const auto widen = [](std::string& column, const std::string& text) {
    if (width_of(text) > width_of(column)) column = text;
  };
  for (const TimelineLine& line : explanation.timeline) {
    rows.push_back({std::to_string(line.event),
                    fmt::format("{:.3f}", static_cast<double>(line.at) / 1000.0),
                    std::to_string(line.cpu), safe_line(line.who)});
    widen(widest.number, rows.back().number);
    widen(widest.time, rows.back().time);
    widen(widest.cpu, rows.back().cpu);
    widen(widest.who, rows.back().who);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const std::string left =
        fmt::format("  {:>{}}  {:>{}} us  cpu {:>{}}  {}{}  ", row.number, widest.number.size(),
                    row.time, widest.time.size(), row.cpu, widest.cpu.size(), row.who,
                    std::string(width_of(widest.who) - width_of(row.who), ' '));
    add(left + explanation.timeline[i].text, width_of(left), lines);
  }
}

}  // namespace

std::vector<std::string> explanation_lines(const Explanation& explanation) {
  std::vector<std::string> lines;
  if (explanation.empty()) return lines;
  for (const Cause& cause : explanation.causes) {
    lines.push_back(fmt::format("cause: {}; in brackets the events that show it", cause.name));
    add_statements(cause.statements, lines);
  }
  if (explanation.causes.empty())
    lines.push_back("cause: not a known one, or not all of it was seen");
  add_timeline(explanation, lines);
  lines.push_back("who waits for whom at the end of the trace:");
  add_statements(explanation.chain, lines);
  for (const std::string& note : explanation.notes) add("limit: " + note, 2, lines);
  return lines;
}

std::string paragraph_of(const Cause& cause) {
  std::string text;
  for (const Statement& statement : cause.statements) {
    text += (text.empty() ? "" : "; ") + statement.text;
  }
  return text.empty() ? text : text + ".";
}

}  // namespace hangrate
