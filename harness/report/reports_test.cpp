// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds for each of the matrix reports: the same numbers, the same bytes again, nothing a
// console printed gets through as more than text.
#include <cstdlib>
#include <functional>
#include <map>
#include <pugixml.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/model/json.h"
#include "harness/report/format.h"
#include "harness/report/grid.h"
#include "harness/report/made_run.h"
#include "harness/report/safe_text.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::map<std::string, std::function<std::string(const RunResult&)>> kReports = {
    {"text", [](const RunResult& matrix) { return text_report(matrix, {}); }},
    {"colour", [](const RunResult& matrix) { return text_report(matrix, {.colour = true}); }},
    {"md", markdown_report},
    {"json", json_report},
    {"ktap", ktap_report},
    {"junit.xml", junit_report},
    {"html", html_report}};

TEST(MatrixReports, TheSameInputGivesTheSameBytes) {
  for (const auto& [name, report] : kReports) {
    EXPECT_EQ(report(made_run()), report(made_run())) << name;
  }
}

/// Not a check: with HANGRATE_DEMO_DIR set, leaves the reports there to be looked at.
TEST(MatrixReports, CanBeWrittenToAFolderToBeLookedAt) {
  const char* folder = std::getenv("HANGRATE_DEMO_DIR");
  if (folder == nullptr) GTEST_SKIP() << "HANGRATE_DEMO_DIR is not set";
  for (const auto& [name, report] : kReports) {
    ASSERT_TRUE(write_file_atomically(std::string(folder) + "/matrix." + name, report(made_run())));
  }
}

TEST(MatrixReports, AMatrixOfNothingIsStillAReport) {
  RunResult matrix;
  summarize_rows(matrix);
  for (const auto& [name, report] : kReports) EXPECT_FALSE(report(matrix).empty()) << name;
  EXPECT_EQ(validate("summary.schema.json", PlainJson::parse(json_report(matrix))), "");
}

TEST(MatrixReports, NoControlCharacterGetsThrough) {
  for (const auto& [name, report] : kReports) {
    if (name == "colour") continue;
    const std::string text = report(made_run());
    for (const char c : text) {
      ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << name << " " << int{c};
    }
    EXPECT_TRUE(name == "json" || safe_text(text) == text) << name;
  }
}

TEST(MatrixReports, TextMarkdownAndJsonHaveTheNumbersOfEveryCell) {
  const RunResult matrix = made_run();
  const PlainJson json = PlainJson::parse(json_report(matrix));
  const std::string text = text_report(matrix, {});
  const std::string markdown = markdown_report(matrix);
  std::size_t number = 0;
  for (const Row& row : matrix.rows) {
    const PlainJson& kernel = json["kernels"][number++];
    EXPECT_EQ(kernel["id"], row.id);
    EXPECT_EQ(kernel["exit_code"], row.summary.exit_code);
    for (std::size_t i = 0; i < row.summary.cells.size(); ++i) {
      const CellSummary& cell = row.summary.cells[i];
      const PlainJson& result = kernel["results"][i];
      EXPECT_EQ(result["trials"], cell.estimate.trials);
      EXPECT_EQ(result["rate"]["point"], cell.estimate.point);
      EXPECT_EQ(result["rate"]["low"], cell.estimate.interval.low);
      EXPECT_EQ(result["rate"]["high"], cell.estimate.interval.high);
      EXPECT_EQ(result["clusters"], cell.boots.boots > 1 ? "boots" : "blocks");
      EXPECT_THAT(text, HasSubstr(cell_name(*cell.spec) + ": " + safe_line(cell.explanation)));
      if (!has_rate(cell)) continue;
      const std::string rate = rate_short(cell) + (rate_short(cell).empty() ? "" : " ");
      EXPECT_THAT(text, HasSubstr(rate + verdict_words(cell.judgement.verdict)));
      EXPECT_THAT(markdown, HasSubstr(markup_line(rate) + "(" + count_text(cell) + ")"));
      EXPECT_THAT(markdown, HasSubstr(markdown_line(rate_text(cell))));
    }
  }
}

RunResult only(const std::string& id) {
  RunResult matrix = made_run();
  matrix.rows.remove_if([&](const Row& row) { return row.id != id; });
  return matrix;
}

TEST(MatrixReports, ACellCutShortIsNoPassAndSaysSoInEveryFormat) {
  RunResult matrix = only("fixed");
  Row& row = matrix.rows.front();
  row.header.cells[0].trials = 60000;  // clean so far
  row.header.cells[3].trials = 25;     // an "always" control, all hits so far
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  EXPECT_EQ(row.summary.exit_code, 3);
  for (const auto& [name, report] : kReports) {
    EXPECT_THAT(report(matrix), HasSubstr("unfinished: 50000 of 60000 trials")) << name;
    EXPECT_THAT(report(matrix), HasSubstr("unfinished: 20 of 25 trials")) << name;
  }
  EXPECT_THAT(ktap_report(matrix),
              HasSubstr("\n  not ok 1 pipe_resize_stall.blocked-writer # ERROR unfinished"));
  EXPECT_EQ(PlainJson::parse(json_report(matrix))["kernels"][0]["results"][0]["exit_code"], 3);
}

TEST(MatrixReports, ABugShownByACellCutShortIsShownButNotDone) {
  RunResult matrix = only("reverted");
  matrix.rows.front().header.cells[0].trials = 60000;
  summarize_rows(matrix);
  EXPECT_EQ(matrix.rows.front().summary.cells[0].judgement.verdict, CellVerdict::Reproduced);
  EXPECT_EQ(matrix.exit_code, 3);
  EXPECT_THAT(text_report(matrix, {}), HasSubstr("0.4 % reproduced, unfinished"));
  EXPECT_THAT(ktap_report(matrix), HasSubstr("not ok 1 pipe_resize_stall.blocked-writer # ERROR "
                                             "reproduced: 40 hits in 10001 trials"));
}

TEST(MatrixReports, ARowThatWasNeverReachedIsNotRun) {
  RunResult matrix = only("fixed");
  Row& row = matrix.rows.front();
  row.boots.clear();
  row.cells.clear();
  for (const CellSpec& spec : row.header.cells) row.cells.emplace_back(spec);
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  for (const auto& [name, report] : kReports) {
    EXPECT_THAT(report(matrix), HasSubstr("not run")) << name;
    EXPECT_THAT(report(matrix), Not(HasSubstr("0 of 0"))) << name;
  }
}

/// What a name is in the JUnit file: "failure", "error", "" for a test that is not there.
std::string in_junit(const std::string& xml, const std::string& name) {
  const std::size_t at = xml.find(" name=\"" + name + "\" time");
  if (at == xml.npos) return "";
  const std::string rest = xml.substr(at, xml.find("</testcase>", at) - at);
  if (rest.find("<failure ") != rest.npos) return "failure";
  return rest.find("<error ") != rest.npos ? "error" : "ok";
}

TEST(MatrixReports, ALostGuestIsATestThatFailedHoweverCleanTheCells) {
  RunResult matrix = only("fixed");
  Boot& boot = matrix.rows.front().boots.front();
  boot.end = BootEnd::Panic;
  boot.findings = {{"panic", {"Kernel panic - not syncing: sysrq"}}};
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  const std::string xml = junit_report(matrix);
  EXPECT_EQ(in_junit(xml, "boot-001"), "error");
  EXPECT_EQ(in_junit(xml, "boot-001-panic"), "") << "told once";
  EXPECT_THAT(xml, HasSubstr("tests=\"6\" failures=\"0\" errors=\"1\""));
  const std::string ktap = ktap_report(matrix);
  EXPECT_THAT(ktap, HasSubstr("\n  not ok 6 boot-001 # ERROR boot 1: panic after 95.0 s: Kernel "));
  EXPECT_THAT(ktap, HasSubstr("\nnot ok 1 fixed # ERROR boot 1: panic after 95.0 s: Kernel "));
  EXPECT_THAT(ktap, HasSubstr("\n  1..6\n"));
  const PlainJson json = PlainJson::parse(json_report(matrix));
  EXPECT_EQ(json["kernels"][0]["alarms"][0]["name"], "boot-001");
  EXPECT_EQ(validate("summary.schema.json", json), "");
}

TEST(MatrixReports, ARowWhoseResultsAreNotWholeIsNoPassAndSaysSoInEveryFormat) {
  RunResult matrix = only("fixed");
  Row& row = matrix.rows.front();
  row.flaws = {"not gone on with: its kernel is another one now", "left out from there on: x"};
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  for (const auto& [name, report] : kReports) {
    EXPECT_THAT(report(matrix), HasSubstr("not gone on with: its kernel is another one now"))
        << name;
    EXPECT_THAT(report(matrix), HasSubstr("left out from there on: x")) << name;
    EXPECT_THAT(report(matrix), HasSubstr("results are not whole")) << name;
  }
  const std::string xml = junit_report(matrix);
  EXPECT_EQ(in_junit(xml, "results-001"), "error");
  EXPECT_EQ(in_junit(xml, "results-002"), "error");
  EXPECT_THAT(ktap_report(matrix), HasSubstr("\nnot ok 1 fixed # ERROR the results are not whole"));
  EXPECT_EQ(validate("summary.schema.json", PlainJson::parse(json_report(matrix))), "");
}

TEST(MatrixReports, ANoteIsShownInEveryFormatAndCountsForNothing) {
  RunResult matrix = only("fixed");
  Row& row = matrix.rows.front();
  row.notes = {"modules that did not load: fuse"};
  row.boots.front().end = BootEnd::Interrupted;
  row.boots.front().why = "QEMU: killed by signal 9";
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 0);
  for (const auto& [name, report] : kReports) {
    EXPECT_THAT(report(matrix), HasSubstr("modules that did not load: fuse")) << name;
    EXPECT_THAT(report(matrix), HasSubstr("QEMU: killed by signal 9")) << name;
  }
}

/// The text of the first such element, as a reader of the file gets it.
std::string text_in(const std::string& xml, const char* element) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml.c_str()));
  return document.select_node(element).node().text().get();
}

TEST(MatrixReports, WhatAGuestSaidInNotesAndEndsIsOnlyText) {
  const RunResult matrix = only("failing");
  const std::map<std::string, std::string> shown = {{"text", safe_line(kHostile)},
                                                    {"md", markdown_line(kHostile)},
                                                    {"junit.xml", safe_text(kHostile)},
                                                    {"html", markup_line(kHostile)}};
  for (const auto& [name, hostile] : shown) {
    const std::string report = kReports.at(name)(matrix);
    const std::string text = name == "junit.xml" ? text_in(report, "//system-err") : report;
    EXPECT_THAT(text, HasSubstr("left out from there on: " + hostile)) << name;
    EXPECT_THAT(text, HasSubstr("modules that did not load: " + hostile)) << name;
    EXPECT_THAT(text, HasSubstr("it sent a line that is no record; " + hostile)) << name;
  }
  const PlainJson kernel = PlainJson::parse(json_report(matrix))["kernels"][0];
  EXPECT_EQ(kernel["flaws"].size(), 1u);
  EXPECT_EQ(kernel["notes"].size(), 1u);
  EXPECT_EQ(kernel["boots"][2]["end"], "corrupt");
  EXPECT_NE(kernel["boots"][2]["why"], "");
  EXPECT_EQ(kernel["boots"][1]["why"], "");
}

TEST(MatrixReports, WhatAKernelProvesOfItselfIsAFailureOfItsOwn) {
  for (const char* kind : {"oops", "bug", "corruption", "kasan", "kfence", "ubsan", "lockdep"}) {
    RunResult matrix = only("fixed");
    Boot& boot = matrix.rows.front().boots.front();
    boot.findings = {{kind, {"BUG: of the kernel"}}, {kind, {"and again"}}};
    summarize_rows(matrix);
    EXPECT_EQ(matrix.exit_code, 1) << kind;
    EXPECT_EQ(in_junit(junit_report(matrix), std::string("boot-001-") + kind), "failure");
    EXPECT_THAT(ktap_report(matrix), HasSubstr("\nnot ok 1 fixed # boot 1, console: "));
    EXPECT_THAT(text_report(matrix, {}), HasSubstr("BUG: of the kernel (exit 1)"));
    EXPECT_THAT(markdown_report(matrix), HasSubstr("BUG: of the kernel (exit 1)"));
    EXPECT_THAT(worst_sentence(matrix), HasSubstr("BUG: of the kernel"));
  }
}

TEST(MatrixReports, WhatAWatchdogSaysIsNoAnswerAndAWarningIsOnlyShown) {
  for (const char* kind : {"soft-lockup", "hard-lockup", "rcu-stall", "workqueue-lockup"}) {
    RunResult matrix = only("fixed");
    matrix.rows.front().boots.front().findings = {{kind, {"stuck for 22s"}}};
    summarize_rows(matrix);
    EXPECT_EQ(matrix.exit_code, 3) << kind;
    EXPECT_EQ(in_junit(junit_report(matrix), std::string("boot-001-") + kind), "error");
  }
  for (const char* kind : {"warning", "oom", "notice"}) {
    RunResult matrix = only("fixed");
    matrix.rows.front().boots.front().findings = {{kind, {"WARNING: CPU: 1"}}};
    summarize_rows(matrix);
    EXPECT_EQ(matrix.exit_code, 0) << kind;
    EXPECT_THAT(text_report(matrix, {}), HasSubstr("WARNING: CPU: 1\n"));
  }
}

TEST(MatrixReports, AHungTaskCountsOnlyWhereNoCellIsAfterAHang) {
  RunResult matrix = only("fixed");  // its deadlock control hangs, and so does self-held
  Row& row = matrix.rows.front();
  row.boots.front().findings = {{"hung-task", {"INFO: task x blocked for more than 120 s"}}};
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 0);
  row.header.cells.erase(row.header.cells.begin() + 2, row.header.cells.begin() + 4);
  row.cells.erase(row.cells.begin() + 2, row.cells.begin() + 4);
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  EXPECT_EQ(in_junit(junit_report(matrix), "boot-001-hung-task"), "error");
}

}  // namespace
}  // namespace hangrate::testing
