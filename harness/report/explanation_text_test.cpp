// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/explanation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/classify/explain.h"
#include "harness/report/proof.h"
#include "harness/report/safe_text.h"
#include "harness/report/wrap.h"
#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> lines_for(const Trace& trace, const std::vector<int>& victims) {
  return explanation_lines(explain(seen_with(trace, victims), hang_verdict()));
}

TEST(ExplanationText, ReadsLikeThis) {
  const std::vector<std::string> expected = {
      "cause: pipe_full_child; in brackets the events that show it",
      "  child sleeps in pipe_write because the ring is full: 16 of 16 slots used",
      "    [6 7]",
      "  parent made child [1]",
      "  parent sleeps in do_wait until child ends [2 3]",
      "  nobody has read the pipe in the 50000.000 us since, nor before [7]",
      "  each waits for the other: child for room, parent for the end of child; no",
      "    wake-up was lost [3 7]",
      "deciding events: number, time since the first of them, CPU, task",
      "  1  0.000 us  cpu 0  parent  makes child",
      "  2  1.000 us  cpu 0  parent  enters do_wait",
      "  3  2.000 us  cpu 0  parent  sleeps, state S, in do_wait",
      "  6  5.000 us  cpu 0  child   enters pipe_write on pipe 7 (16 of 16 slots",
      "                              used)",
      "  7  6.000 us  cpu 0  child   sleeps, state S, in pipe_write",
      "who waits for whom at the end of the trace:",
      "  parent waits in do_wait for a child; it made child, which is asleep in",
      "    pipe_write; asleep for 50004.000 us [1 2 3]",
      "  child waits in pipe_write for room in a pipe (16 of 16 slots used); nobody",
      "    in the trace has read it; asleep for 50000.000 us [6 7]"};
  EXPECT_EQ(lines_for(full_child().trace(), {kParent, kChild}), expected);
}

TEST(ExplanationText, SaysThatNoCauseIsKnownAndWhatLimitsIt) {
  MadeTrace made = stalled_writer();
  made.trace().lost = 4;
  made.trace().absent = {"fuse_request_send: since v6.12"};
  const auto lines = lines_for(made.trace(), {kWriter});
  EXPECT_EQ(lines.front(), "cause: not a known one, or not all of it was seen");
  EXPECT_THAT(lines, Contains(HasSubstr("limit: 4 events were lost")));
  EXPECT_THAT(lines, Contains("limit: not traced: fuse_request_send: since v6.12"));
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

/// A cell with one recorded hit.
struct OneHit {
  OneHit() : result(spec()) {
    TrialRecord record{.cell = 0,
                       .observation = seen_with(stalled_writer().trace(), {kWriter}),
                       .verdict = hang_verdict()};
    result.apply(record);
    cell.spec = &cell_spec;
    cell.result = &result;
  }
  CellSpec& spec() {
    cell_spec.repro = "pipe_resize_stall";
    cell_spec.variant = "blocked-writer";
    return cell_spec;
  }
  CellSpec cell_spec;
  CellResult result;
  CellSummary cell;
};

TEST(Proof, OfARecordedHitEndsWithItsExplanation) {
  const OneHit hit;
  const auto proofs = proofs_of(hit.cell);
  ASSERT_EQ(proofs.size(), 1u);
  EXPECT_EQ(proofs[0].explanation, lines_for(stalled_writer().trace(), {kWriter}));
  const auto lines = proof_lines(proofs[0]);
  EXPECT_THAT(lines, Contains(HasSubstr("cause: pipe_resize_stall")));
  Summary summary;
  summary.cells.push_back(hit.cell);
  EXPECT_THAT(text_proofs(summary, false), HasSubstr("\n    cause: pipe_resize_stall"));
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
