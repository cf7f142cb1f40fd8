// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds for one of the matrix reports: what the format asks for, and what a reader finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/report/made_run.h"
#include "harness/testing/command.h"
#include "harness/testing/made_hangs.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  return split(text, '\n');
}

TEST(MatrixText, ListsWhatDiedWhatConsolesSaidAndWhatIsMissing) {
  const std::string text = text_report(made_run(), {.colour = false});
  EXPECT_THAT(text, HasSubstr("boot 1: panic after 12.3 s: Kernel panic - not syncing: <script>"));
  EXPECT_THAT(text, HasSubstr("boot 1: kasan: [   41.002133] BUG: KASAN: slab-use-after-free"));
  EXPECT_THAT(text, HasSubstr("Debian sid: no such package"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(text_report(made_run(), {.colour = true}), HasSubstr("\033[31m"));
}

TEST(MatrixText, ColoursMoveNoColumn) {
  const RunResult matrix = made_run();
  std::string plain;
  const std::string coloured = text_report(matrix, {.colour = true});
  for (std::size_t at = 0; at < coloured.size(); ++at) {
    if (coloured[at] == '\033') {
      at = coloured.find('m', at);
    } else {
      plain += coloured[at];
    }
  }
  EXPECT_EQ(plain, text_report(matrix, {}));
}

TEST(MatrixMarkdown, EveryLineOfTheTableHasAsManyCells) {
  std::size_t rows = 0;
  for (const std::string& line : lines_of(markdown_report(made_run()))) {
    if (!line.starts_with("|")) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
    }
    EXPECT_EQ(bars, 9U) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 9U);
}

TEST(MatrixMarkdown, HoldsNoTagOfTheConsole) {
  const std::string text = markdown_report(made_run());
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
}

TEST(MatrixJson, IsValidByItsSchema) {
  const PlainJson json = PlainJson::parse(json_report(made_run()));
  EXPECT_EQ(validate("summary.schema.json", json), "");
  PlainJson wrong = json;
  wrong["kernels"][0]["results"][0]["hits"] = -1;
  EXPECT_NE(validate("summary.schema.json", wrong), "");
  wrong = json;
  wrong["kernels"][0]["surprise"] = true;
  EXPECT_NE(validate("summary.schema.json", wrong), "");
}

TEST(MatrixJson, HoldsTheEvidenceOfTheFirstHitOfEachKind) {
  const PlainJson json = PlainJson::parse(json_report(made_run()));
  const PlainJson& kind = json["kernels"][0]["results"][0]["kinds"][0];
  EXPECT_EQ(kind["kind"], "hang/match freed by lever");
  EXPECT_EQ(kind["observation"]["rounds"][0]["after"]["tasks"][0]["stack"][0], "pipe_write");
  EXPECT_EQ(kind["observation"]["rungs"][2]["effect"], "freed");
}

/// "fixed" with a hit that was recorded behind one that was not.
RunResult traced_matrix() {
  RunResult matrix = made_run();
  matrix.rows.remove_if([](const Row& row) { return row.id != "fixed"; });
  Row& row = matrix.rows.front();
  row.cells[3] = CellResult(row.header.cells[3]);
  TrialRecord hit{.cell = 3,
                  .observation = seen_with(full_child().trace(), {kParent, kChild}),
                  .verdict = hang_verdict()};
  hit.observation.trial = 1;
  TrialRecord bare = hit;
  bare.observation.trial = 0;
  bare.observation.trace.reset();
  row.cells[3].apply(bare);
  row.cells[3].apply(hit);
  summarize_rows(matrix);
  return matrix;
}

TEST(MatrixJson, LeavesTheTraceOfATrialToTheJournal) {
  RunResult matrix = traced_matrix();
  Row& row = matrix.rows.front();
  const TrialRecord traced = *row.cells[3].kinds().begin()->second.with_trace();
  row.cells[3] = CellResult(row.header.cells[3]);
  row.cells[3].apply(traced);
  summarize_rows(matrix);
  const PlainJson json = PlainJson::parse(json_report(matrix));
  const PlainJson& kind = json["kernels"][0]["results"][3]["kinds"][0];
  EXPECT_EQ(kind["explanation"]["trial"], kind["first_trial"]);
  EXPECT_FALSE(kind["observation"].contains("trace"));
}

TEST(MatrixJson, ExplainsAHitByTheFirstOfItsKindThatWasRecorded) {
  const PlainJson json = PlainJson::parse(json_report(traced_matrix()));
  EXPECT_EQ(validate("summary.schema.json", json), "");
  const PlainJson& kind = json["kernels"][0]["results"][3]["kinds"][0];
  EXPECT_EQ(kind["first_trial"], 0);
  EXPECT_FALSE(kind["observation"].contains("trace"));
  EXPECT_EQ(kind["explanation"]["trial"], 1);
  EXPECT_EQ(kind["explanation"]["causes"][0]["name"], "pipe_full_child");
  EXPECT_EQ(kind["explanation"]["timeline"].size(), 5u);
  PlainJson wrong = json;
  wrong["kernels"][0]["results"][3]["kinds"][0]["explanation"]["causes"][0].erase("paragraph");
  EXPECT_NE(validate("summary.schema.json", wrong), "");
}

TEST(MatrixHtml, ExplainsAHitByTheFirstOfItsKindThatWasRecorded) {
  const std::string html = html_report(traced_matrix());
  EXPECT_THAT(html, HasSubstr("What the trace shows"));
  EXPECT_THAT(html, HasSubstr("from the trace of trial 1, the first of these that was recorded:"));
  EXPECT_THAT(html, HasSubstr("\ncause: pipe_full_child;"));
}

/// The `N..M` plans hold at each depth.
void check_plan(const std::vector<std::string>& lines, const std::string& indent) {
  int planned = -1;
  int seen = 0;
  for (const std::string& line : lines) {
    if (!line.starts_with(indent)) {
      EXPECT_TRUE(planned < 0 || seen == planned) << line;
      planned = -1;
      seen = 0;
      continue;
    }
    const std::string rest = line.substr(indent.size());
    if (rest.starts_with("1..")) planned = std::stoi(rest.substr(3));
    const std::size_t number = rest.starts_with("ok ") ? 3 : rest.starts_with("not ok ") ? 7 : 0;
    if (number == 0) continue;
    EXPECT_EQ(std::stoi(rest.substr(number)), ++seen) << line;
  }
  EXPECT_TRUE(planned < 0 || seen == planned);
}

TEST(MatrixKtap, NestsATestPerKernelAndKeepsEveryPlan) {
  const std::string text = ktap_report(made_run());
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_EQ(lines[0], "KTAP version 1");
  check_plan(lines, "");
  check_plan(lines, "  ");
  EXPECT_THAT(text, HasSubstr("\nok 1 reverted\n"));
  EXPECT_THAT(text, HasSubstr("\n  ok 1 pipe_resize_stall.blocked-writer # XFAIL reproduced"));
  EXPECT_THAT(text, HasSubstr("\nnot ok 3 regressed\n"));
  EXPECT_THAT(text, HasSubstr("\nnot ok 7 absent # ERROR no such package"));
}

TEST(MatrixKtap, NoConsoleForgesAResult) {
  for (const std::string& line : lines_of(ktap_report(made_run()))) {
    if (line.find("forged") == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(' ');
    EXPECT_TRUE(line[first] == '#' || line.compare(first, 6, "not ok") == 0) << line;
  }
}

/// Expat refuses what XML 1.0 does not allow; the script adds up what the attributes claim.
constexpr const char* kXmlCheck = R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
for suite in [root] + root.findall("testsuite"):
    cases = list(suite.iter("testcase"))
    assert int(suite.get("tests")) == len(cases), suite.get("name")
    for count, tag in kinds.items():
        if suite is root and count == "skipped":
            continue  # the schema has no such attribute there
        assert int(suite.get(count)) == sum(1 for c in cases if c.find(tag) is not None), (count, suite.get("name"))
    seconds = sum(float(c.get("time")) for c in cases)
    assert abs(float(suite.get("time")) - seconds) < 0.01, suite.get("name")
names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
assert len(names) == len(set(names))
for case in root.iter("testcase"):
    results = [child.tag for child in case if child.tag in kinds.values()]
    print(case.get("classname"), case.get("name").replace(" ", "_"), *results or ["ok"])
)";

TEST(MatrixJunit, IsWellFormedAndCountsRight) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "junit.xml", junit_report(made_run())));
  const Ran ran = run_command({"/usr/bin/env", "python3", "-c", kXmlCheck, folder / "junit.xml"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("reverted.pipe_resize_stall blocked-writer ok\n"));
  EXPECT_THAT(ran.out, HasSubstr("regressed.pipe_resize_stall blocked-writer failure\n"));
  EXPECT_THAT(ran.out, HasSubstr("quiet.pipe_resize_stall zrepl error\n"));
  EXPECT_THAT(ran.out, HasSubstr("failing.pipe_resize_stall zrepl error\n"));
  EXPECT_THAT(ran.out, HasSubstr("failing.fuse_flush_exit self-held skipped\n"));
  EXPECT_THAT(ran.out, HasSubstr("absent results error\n"));
}

std::string against_schema(const std::string& xml) {
  const TempFolder folder;
  EXPECT_TRUE(write_file_atomically(folder / "junit.xml", xml));
  return junit_flaws(folder / "junit.xml");
}

TEST(MatrixJunit, KeepsToTheSchemaItNames) {
  RunResult nothing;
  summarize_rows(nothing);
  for (const RunResult& matrix : {made_run(), nothing}) {
    EXPECT_EQ(against_schema(junit_report(matrix)), "");
  }
}

/// Each alone, so that no other hides it.
TEST(MatrixJunit, KeepsToTheSchemaWithEveryKindOfRow) {
  for (const Row& row : made_run().rows) {
    RunResult one = made_run();
    one.rows.remove_if([&](const Row& other) { return other.id != row.id; });
    summarize_rows(one);
    EXPECT_EQ(against_schema(junit_report(one)), "") << row.id;
  }
}

TEST(MatrixJunit, KeepsToTheSchemaWithEveryOutcomeOfATrial) {
  for (int number = 0; number <= static_cast<int>(Outcome::Stuck); ++number) {
    RunResult one = made_run();
    one.rows.remove_if([](const Row& row) { return row.id != "quiet"; });
    const auto outcome = static_cast<Outcome>(number);
    one.rows.front().cells[1].apply(unwatched_trial(1, "pipe_resize_stall", "zrepl", 102, outcome,
                                                    Rule::NoProof, "so it was told"));
    summarize_rows(one);
    EXPECT_EQ(against_schema(junit_report(one)), "") << outcome_name(outcome);
  }
}

TEST(MatrixJunit, WhatTheSchemaDoesNotKnowIsFound) {
  std::string xml = junit_report(made_run());
  xml.insert(xml.find(" name=\"hangrate\""), " skipped=\"1\"");
  EXPECT_THAT(against_schema(xml), HasSubstr("attribute 'skipped' is not allowed"));
}

/// Every byte there is and each forbidden code point, in every place that text of a guest gets to.
TEST(MatrixJunit, AnyBytesGiveLegalXml) {
  std::string bytes = "\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80]]>\xf4\x90\x80\x80";
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  RunResult matrix = made_run();
  for (Row& row : matrix.rows) {
    row.header.environment.cmdline = bytes;
    row.header.environment.version = bytes;
    row.notes.push_back(bytes);
    row.flaws.push_back(bytes);
    for (Boot& boot : row.boots) {
      boot.why = bytes;
      boot.findings.push_back({"panic", {bytes}});
    }
  }
  summarize_rows(matrix);
  EXPECT_EQ(against_schema(junit_report(matrix)), "");
}

TEST(MatrixJunit, HasTheProofInSystemOut) {
  EXPECT_THAT(junit_report(made_run()), HasSubstr("no context switch in 1297 us"));
}

}  // namespace
}  // namespace hangrate::testing
