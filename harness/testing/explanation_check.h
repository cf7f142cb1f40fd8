// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: explains a trace and checks what must be true of any explanation.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/classify/explain.h"
#include "harness/testing/made_hangs.h"

namespace hangrate::testing {

/// Explains a proven hang with these victims. Every statement must cite events, in order, that are
/// in the trace and in the timeline.
inline Explanation checked_explanation(const Trace& trace, const std::vector<int>& victims,
                                       const Environment& machine = {}) {
  const Explanation e = explain(seen_with(trace, victims), hang_verdict(), machine);
  std::vector<Statement> all = e.chain;
  for (const Cause& cause : e.causes) {
    all.insert(all.end(), cause.statements.begin(), cause.statements.end());
    EXPECT_FALSE(cause.statements.empty()) << cause.name;
  }
  std::vector<std::size_t> lines;
  for (const TimelineLine& line : e.timeline) lines.push_back(line.event);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  for (const Statement& statement : all) {
    EXPECT_FALSE(statement.events.empty()) << statement.text;
    EXPECT_TRUE(std::is_sorted(statement.events.begin(), statement.events.end())) << statement.text;
    for (const std::size_t event : statement.events) {
      EXPECT_LT(event, trace.events.size()) << statement.text;
      EXPECT_NE(std::find(lines.begin(), lines.end(), event), lines.end())
          << "not in the timeline: " << statement.text;
    }
  }
  return e;
}

inline std::vector<std::string> cause_names(const Trace& trace, const std::vector<int>& victims) {
  std::vector<std::string> names;
  for (const Cause& cause : checked_explanation(trace, victims).causes) names.push_back(cause.name);
  return names;
}

/// All it says, a line each.
inline std::string text_of(const Explanation& e) {
  std::string text;
  for (const Cause& cause : e.causes) {
    for (const Statement& statement : cause.statements) text += statement.text + "\n";
  }
  for (const Statement& statement : e.chain) text += statement.text + "\n";
  for (const TimelineLine& line : e.timeline) text += line.who + " " + line.text + "\n";
  for (const std::string& note : e.notes) text += note + "\n";
  return text;
}

}  // namespace hangrate::testing
