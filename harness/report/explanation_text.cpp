// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/explanation_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

void add_statements(const std::vector<Statement>& statements, std::vector<std::string>& lines) {
  for (const Statement& statement : statements) {
    lines.push_back(fmt::format("  {} [{}]", statement.text, fmt::join(statement.events, " ")));
  }
}

/// Code points, for columns: a comm may hold more bytes than characters.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

void add_timeline(const Explanation& explanation, std::vector<std::string>& lines) {
  lines.push_back("deciding events: number, time since the first of them, CPU, task");
  if (explanation.left_out > 0) {
    lines.push_back(fmt::format("  ({} older ones left out)", explanation.left_out));
  }
  std::size_t widest = 0;
  std::vector<std::string> who;
  for (const TimelineLine& line : explanation.timeline) {
    who.push_back(safe_line(line.who));
    widest = std::max(widest, width_of(who.back()));
  }
  for (std::size_t i = 0; i < explanation.timeline.size(); ++i) {
    const TimelineLine& line = explanation.timeline[i];
    const std::string pad(widest - width_of(who[i]), ' ');
    lines.push_back(fmt::format("  {:>5} {:>14.3f} us  cpu {}  {}{}  {}", line.event,
                                static_cast<double>(line.at) / 1000.0, line.cpu, who[i], pad,
                                line.text));
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
  for (const std::string& note : explanation.notes) lines.push_back("limit: " + note);
  return lines;
}

}  // namespace hangrate
