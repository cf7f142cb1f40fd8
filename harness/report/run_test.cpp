// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/run.h"

#include <gtest/gtest.h>

#include "harness/report/grid.h"
#include "harness/report/made_run.h"

namespace hangrate::testing {
namespace {

int code_of(const RunResult& matrix, const std::string& id) {
  return row_of(matrix, id).summary.exit_code;
}

RunResult only(const std::string& id) {
  RunResult matrix = made_run();
  matrix.rows.remove_if([&](const Row& row) { return row.id != id; });
  summarize_rows(matrix);
  return matrix;
}

TEST(RunResult, EachRowHasTheExitCodeOfItsWorstCell) {
  const RunResult matrix = made_run();
  EXPECT_EQ(code_of(matrix, "reverted"), 0);
  EXPECT_EQ(code_of(matrix, "fixed"), 0);
  EXPECT_EQ(code_of(matrix, "regressed"), 1);
  EXPECT_EQ(code_of(matrix, "quiet"), 1);
  EXPECT_EQ(code_of(matrix, "failing"), 3);
  EXPECT_EQ(code_of(matrix, "moody"), 1);
  EXPECT_EQ(code_of(matrix, "absent"), 3);
  EXPECT_EQ(matrix.exit_code, 1);
}

TEST(RunResult, TroubleAloneIsThreeAndNextToCleanRowsToo) {
  EXPECT_EQ(only("absent").exit_code, 3);
  EXPECT_EQ(only("fixed").exit_code, 0);
  RunResult matrix = made_run();
  matrix.rows.remove_if([](const Row& row) { return row.id != "absent" && row.id != "fixed"; });
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
}

TEST(RunResult, NoRowsIsNoPass) {
  RunResult matrix;
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 4);
}

TEST(RunResult, ARowThatRecordedNothingIsNoPass) {
  RunResult matrix = only("absent");
  matrix.rows.front().trouble.clear();
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
  EXPECT_EQ(trouble_of(matrix.rows.front()), "not run");
}

TEST(RunResult, BootsThatDifferWidenTheInterval) {
  const RunResult matrix = made_run();
  const Row& row = row_of(matrix, "moody");
  const CellSummary& cell = cell_of(row, "pipe_resize_stall/blocked-writer");
  const RateEstimate blocks = row.cells[0].estimate(0.95);
  EXPECT_EQ(cell.boots.boots, 3u);
  EXPECT_EQ(cell.estimate.method, "random-effects");
  EXPECT_EQ(cell.estimate.hits, 212U);
  EXPECT_EQ(cell.estimate.trials, 3000U);
  EXPECT_GT(cell.estimate.interval.high, blocks.interval.high);
  EXPECT_LT(cell.estimate.interval.low, blocks.interval.low);
  EXPECT_NE(cell.explanation.find("the boots differ: 2/1000, 200/1000, 10/1000"), std::string::npos)
      << cell.explanation;
  EXPECT_EQ(cell.judgement.verdict, CellVerdict::Reproduced);
}

TEST(RunResult, BootsThatAgreeAreNotSaidToDiffer) {
  RunResult matrix = only("moody");
  for (Boot& boot : matrix.rows.front().boots) boot.clusters = {{1000, 71}, {1000, 0}};
  matrix.rows.front().boots[2].clusters[0].hits = 70;
  summarize_rows(matrix);
  const CellSummary& cell = matrix.rows.front().summary.cells[0];
  EXPECT_EQ(cell.boots.source, RhoSource::Refuted);
  EXPECT_EQ(cell.explanation.find("differ"), std::string::npos) << cell.explanation;
}

TEST(RunResult, BootsThatDoNotAddUpAreNoBaseForARate) {
  RunResult matrix = only("moody");
  matrix.rows.front().boots[1].clusters[0].trials = 900;
  summarize_rows(matrix);
  const CellSummary& cell = matrix.rows.front().summary.cells[0];
  EXPECT_EQ(cell.boots.boots, 1u) << "taken as one";
  EXPECT_EQ(cell.estimate.trials, 3000U);
}

TEST(RunResult, OneBootIsNoSampleOfBoots) {
  RunResult matrix = only("moody");
  matrix.rows.front().boots.resize(1);
  matrix.rows.front().boots[0].clusters = {{3000, 212}, {3000, 0}};
  summarize_rows(matrix);
  const CellSummary& cell = matrix.rows.front().summary.cells[0];
  EXPECT_EQ(cell.boots.boots, 1u);
  EXPECT_EQ(cell.boots.source, RhoSource::Stated);
  EXPECT_NE(cell.estimate.method, "random-effects");
}

TEST(RunResult, PowerOverBootsIsAGateOfItsOwn) {
  RunResult matrix = only("moody");
  Row& row = matrix.rows.front();
  row.header.environment.release = "6.8.1";  // fixed
  const auto clean = [&]() -> const CellSummary& {
    summarize_rows(matrix);
    return matrix.rows.front().summary.cells[1];
  };
  EXPECT_EQ(clean().judgement.verdict, CellVerdict::FixedClean);
  row.header.gate.power = PowerOver::Boots;
  EXPECT_EQ(clean().judgement.verdict, CellVerdict::Weak);
  EXPECT_GT(clean().seen.boots_needed, 100u);
  EXPECT_NE(clean().explanation.find("boots like these"), std::string::npos);
}

TEST(RunResult, ConsolesAndDeadGuestsLeaveVerdictsAlone) {
  RunResult matrix = made_run();
  const auto verdicts = [&] {
    std::vector<CellVerdict> all;
    for (const Row& row : matrix.rows) {
      for (const CellSummary& cell : row.summary.cells) all.push_back(cell.judgement.verdict);
    }
    return all;
  };
  const std::vector<CellVerdict> before = verdicts();
  const int code = matrix.exit_code;
  for (Row& row : matrix.rows) {
    for (Boot& boot : row.boots) {
      boot.findings = {{"panic", {"Kernel panic"}}};
      boot.end = BootEnd::Panic;
    }
  }
  summarize_rows(matrix);
  EXPECT_EQ(verdicts(), before);
  EXPECT_EQ(matrix.exit_code, code);
}

TEST(RunResult, AMachineThatDiedIsNoPassHoweverCleanItsCellsAre) {
  RunResult matrix = only("fixed");
  matrix.rows.front().boots.resize(1);
  matrix.rows.front().boots[0].end = BootEnd::Finished;
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 0);
  matrix.rows.front().boots[0].end = BootEnd::Panic;
  summarize_rows(matrix);
  EXPECT_EQ(matrix.exit_code, 3);
}

TEST(RunResult, TheWorstIsABrokenControlThenARegression) {
  RunResult matrix = made_run();
  EXPECT_NE(worst_sentence(matrix).find("pipe_full_child/drain-poll on Linux 6.18.44"),
            std::string::npos)
      << worst_sentence(matrix);
  EXPECT_NE(worst_sentence(only("quiet")).find("affected but clean"), std::string::npos);
  EXPECT_NE(worst_sentence(only("absent")).find("no results of Debian sid"), std::string::npos);
}

TEST(RunResult, ALostMachineIsADoubtOfAnyCleanResult) {
  const RunResult matrix = made_run();
  const CellSummary& cell = cell_of(row_of(matrix, "failing"), "pipe_resize_stall/blocked-writer");
  EXPECT_EQ(cell.judgement.verdict, CellVerdict::Weak);
  EXPECT_EQ(cell.judgement.possible_hits, 1u);
  EXPECT_EQ(cell.estimate.trials, 999U);
  EXPECT_TRUE(cell.explanation.ends_with("could hide a hit: 1 lost with the machine"))
      << cell.explanation;
}

TEST(RunResult, TheHeadlineCountsDeadGuestsAndFindings) {
  EXPECT_TRUE(headline(made_run())
                  .ends_with("; 1 kernel without results; 1 kernel whose "
                             "results are not whole; 2 guests died; 3 console findings"))
      << headline(made_run());
}

TEST(Grid, ColumnsAreTheUnionInOrder) {
  const RunResult matrix = made_run();
  const Grid grid = grid_of(matrix);
  ASSERT_EQ(grid.columns.size(), 7U);
  EXPECT_EQ(grid.columns.front().name(), "pipe_resize_stall/blocked-writer");
  EXPECT_EQ(grid.columns.back().name(), "pipe_full_child/deadlock");
  ASSERT_EQ(grid.cells.size(), 7U);
  for (const auto& row : grid.cells) EXPECT_EQ(row.size(), 7U);
  EXPECT_EQ(grid.cells[0][6], nullptr);
}

TEST(Grid, ParametersOffTheDefaultMakeAColumn) {
  RunResult matrix = only("quiet");
  Row& row = matrix.rows.front();
  row.header.cells[1].variant = "blocked-writer";
  row.header.cells[1].params["cpu"] = "same";
  summarize_rows(matrix);
  EXPECT_EQ(grid_of(matrix).columns[1].variant, "blocked-writer cpu=same");
  row.header.cells[1].params["cpu"] = "split";
  summarize_rows(matrix);
  const Grid grid = grid_of(matrix);
  ASSERT_EQ(grid.columns.size(), 2U);
  EXPECT_EQ(grid.columns[1].variant, "blocked-writer (2)");
}

}  // namespace
}  // namespace hangrate::testing
