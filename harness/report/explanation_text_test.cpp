// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/explanation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/classify/explain.h"
#include "harness/report/cell_json.h"
#include "harness/report/cell_text.h"
#include "harness/report/proof.h"
#include "harness/report/run.h"
#include "harness/report/safe_text.h"
#include "harness/report/wrap.h"
#include "harness/testing/made_hangs.h"
#include "harness/testing/schema.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> lines_for(const Trace& trace, const std::vector<int>& victims) {
  return explanation_lines(explain(seen_with(trace, victims), hang_verdict(), {}));
}

TEST(ExplanationText, ReadsLikeThis) {
  const std::vector<std::string> expected = {
      "cause: pipe_full_child; in brackets the events that show it",
      "  child sleeps in pipe_write because the ring is full: 16 of 16 slots used",
      "    [6 7]",
      "  parent forked child [1]",
      "  parent sleeps in do_wait; child is its only child in the trace that has",
      "    not exited [2 3]",
      "  the trace has no read of the pipe in the 50000.000 us since, nor any",
      "    before [7]",
      "  each waits for the other: child for room, parent for the exit of child;",
      "    the trace shows neither, and no lost wake-up [3 6 7]",
      "deciding events: number, time since the first of them, CPU, task",
      "  1  0.000 us  cpu 0  parent  forks child",
      "  2  1.000 us  cpu 0  parent  enters do_wait",
      "  3  2.000 us  cpu 0  parent  sleeps, state S, in do_wait",
      "  6  5.000 us  cpu 0  child   enters pipe_write on pipe 7 (16 of 16 slots",
      "                              used)",
      "  7  6.000 us  cpu 0  child   sleeps, state S, in pipe_write",
      "who waits for whom at the end of the trace:",
      "  parent waits in do_wait for a child; it forked child, which is asleep in",
      "    pipe_write; asleep for 50004.000 us [1 2 3]",
      "  child waits in pipe_write for room in a pipe (last seen: 16 of 16 slots",
      "    used); no other task reads from it in the trace; asleep for 50000.000 us",
      "    [6 7]"};
  EXPECT_EQ(lines_for(full_child().trace(), {kParent, kChild}), expected);
}

TEST(ExplanationText, SaysThatNoCauseIsKnownAndWhatLimitsIt) {
  MadeTrace made = stalled_writer();
  made.trace().lost = 4;
  made.trace().absent = {"fuse_request_send: since v6.12"};
  const auto lines = lines_for(made.trace(), {kWriter});
  EXPECT_EQ(lines.front(), "cause: not a known one, or not all of it was seen");
  EXPECT_THAT(lines, Contains(HasSubstr("limit: 4 events were lost")));
  EXPECT_THAT(lines, Contains("limit: not traced on this kernel: fuse_request_send"));
}

TEST(ExplanationText, IsEmptyForWhatHasNone) {
  EXPECT_THAT(explanation_lines({}), IsEmpty());
}

TEST(ExplanationText, ColumnsStayInLineWhateverATaskIsCalled) {
  MadeTrace made = full_child();
  made.trace().tasks[2].role = "";
  made.trace().tasks[2].comm = "\xc3\xa9t\xc3\xa9\x1b[31m";
  for (const std::string& line : lines_for(made.trace(), {kParent, kChild})) {
    if (line.find("enters") == std::string::npos) continue;
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

/// A cell with hits: one for each of `traces`, as trials 0, 1, ...; an empty one was not recorded.
struct Hits {
  explicit Hits(const std::vector<std::optional<Trace>>& traces, int victim = kWriter)
      : result(spec()) {
    for (std::size_t i = 0; i < traces.size(); ++i) {
      TrialRecord record{
          .cell = 0,
          .observation = seen_with(traces[i].value_or(stalled_writer().trace()), {victim}),
          .verdict = hang_verdict()};
      record.observation.trial = i;
      record.observation.trace = traces[i];
      result.apply(record);
    }
    cell.spec = &cell_spec;
    cell.result = &result;
    summary.header = &header;
    summary.cells.push_back(cell);
  }
  CellSpec& spec() {
    cell_spec.repro = "pipe_resize_stall";
    cell_spec.variant = "blocked-writer";
    return cell_spec;
  }
  RunResult run() const {
    RunHeader whole = header;
    whole.cells = {cell_spec};
    whole.cells[0].manifest.variants = {{.name = "blocked-writer"}};
    return native_run(whole, {result});
  }
  CellSpec cell_spec;
  CellResult result;
  CellSummary cell;
  RunHeader header;
  Summary summary;
};

TEST(Proof, OfARecordedHitEndsWithItsExplanation) {
  const Hits hits({stalled_writer().trace()});
  const auto proofs = proofs_of(hits.cell);
  ASSERT_EQ(proofs.size(), 1u);
  EXPECT_EQ(proofs[0].explanation, lines_for(stalled_writer().trace(), {kWriter}));
  const auto lines = proof_lines(proofs[0]);
  EXPECT_THAT(lines, Contains(HasSubstr("cause: pipe_resize_stall")));
  EXPECT_THAT(text_proofs(hits.summary, false), HasSubstr("\n    cause: pipe_resize_stall"));
}

TEST(Proof, OfAKindIsExplainedByTheFirstTrialThatWasRecorded) {
  const Hits hits({std::nullopt, std::nullopt, stalled_writer().trace(), full_pipe().trace()});
  const auto proofs = proofs_of(hits.cell);
  ASSERT_EQ(proofs.size(), 1u);
  EXPECT_EQ(proofs[0].first_trial, 0u);
  std::vector<std::string> expected = lines_for(stalled_writer().trace(), {kWriter});
  expected.insert(expected.begin(),
                  "from the trace of trial 2, the first of these that was recorded:");
  EXPECT_EQ(proofs[0].explanation, expected);
  const Hits none({std::nullopt, std::nullopt});
  EXPECT_THAT(proofs_of(none.cell)[0].explanation, IsEmpty());
}

TEST(Proof, IsThereForProgramsToo) {
  const Hits hits({std::nullopt, stalled_writer().trace()});
  const Json kind = cell_json(hits.cell)["kinds"][0];
  const Json& told = kind["explanation"];
  EXPECT_EQ(kind["first_trial"], 0);
  EXPECT_EQ(told["trial"], 1);
  ASSERT_EQ(told["causes"].size(), 1u);
  EXPECT_EQ(told["causes"][0]["name"], "pipe_resize_stall");
  const Explanation explanation =
      explain(seen_with(stalled_writer().trace(), {kWriter}), hang_verdict(), {});
  ASSERT_EQ(told["timeline"].size(), explanation.timeline.size());
  EXPECT_EQ(told["timeline"][0]["event"], explanation.timeline[0].event);
  const Statement& statement = explanation.causes[0].statements[0];
  EXPECT_EQ(told["causes"][0]["statements"][0]["text"], statement.text);
  EXPECT_EQ(told["causes"][0]["statements"][0]["events"], Json(statement.events));
  EXPECT_THAT(told["causes"][0]["paragraph"].get<std::string>(), HasSubstr(statement.text + "; "));
  EXPECT_EQ(validate("summary.schema.json", PlainJson::parse(json_report(hits.run()))), "");
  const Hits none({std::nullopt});
  EXPECT_FALSE(cell_json(none.cell)["kinds"][0].contains("explanation"));
}

TEST(Proof, KnowsTheMachineItsClaimsAreBoundBy) {
  Hits hits({self_held_daemon().trace()}, kHolder);
  const auto told = [&] {
    std::string text;
    const auto proofs = proofs_of(hits.cell);
    for (const std::string& line : proofs.at(0).explanation) text += line + "\n";
    return text;
  };
  const auto paragraph = [&] {
    const Json kind = cell_json(hits.cell)["kinds"][0];
    return kind["explanation"]["causes"][0]["paragraph"].get<std::string>();
  };
  EXPECT_THAT(told(), HasSubstr("no timeout is known"));  // no machine at all
  hits.header.environment.release = "6.18.44";
  hits.header.environment.sysctls = {{"fs.fuse.default_request_timeout", "20"}};
  hits.cell.environment = &hits.header.environment;
  EXPECT_THAT(told(), HasSubstr("but the wait is limited"));
  EXPECT_THAT(paragraph(), HasSubstr("but the wait is limited"));
  hits.header.environment = {.release = "6.1.192"};
  EXPECT_THAT(told(), AllOf(Not(HasSubstr("has an end")), Not(HasSubstr("no timeout is known"))));
  EXPECT_THAT(paragraph(), Not(HasSubstr("no timeout is known")));
}

TEST(Proof, FitsATerminalOf80Columns) {
  const std::pair<Trace, std::vector<int>> scenes[] = {{stalled_writer().trace(), {kWriter}},
                                                       {preempted_resizer().trace(), {kWriter}},
                                                       {full_child().trace(), {kParent, kChild}},
                                                       {self_held_daemon().trace(), {kHolder}}};
  for (const auto& [trace, victims] : scenes) {
    for (const std::string& line : lines_for(trace, victims))
      EXPECT_LE(width_of(line), 76u) << line;
  }
  const Hits hits({stalled_writer().trace()});
  for (const std::string& line : split(text_proofs(hits.summary, false), '\n')) {
    EXPECT_LE(width_of(line), 80u) << line;
  }
}

TEST(Wrap, BreaksAtBlanksOutsideOfBracketsAndHangsTheRest) {
  EXPECT_THAT(wrapped("  short", 10, 4), ElementsAre("  short"));
  EXPECT_THAT(wrapped("  one two three four", 11, 4),
              ElementsAre("  one two", "    three", "    four"));
  EXPECT_THAT(wrapped("  a wait [1 2 3 4]", 12, 4), ElementsAre("  a wait", "    [1 2 3 4]"));
  EXPECT_THAT(wrapped("x anUnbreakableWord y", 6, 2),
              ElementsAre("x", "  anUnbreakableWord", "  y"));
  EXPECT_THAT(wrapped("\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9", 5, 2),
              ElementsAre("\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9"));
  EXPECT_THAT(wrapped("an open [ bracket is no end", 12, 0),
              ElementsAre("an open [", "bracket is", "no end"));
}

}  // namespace
}  // namespace hangrate
