// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leases of a cell, event by event: every trial gets one record, whatever becomes of its worker.
#include <gtest/gtest.h>

#include "harness/testing/played_cell.h"

namespace hangrate::testing {
namespace {

TEST(CellLeases, AnIdleWorkerGetsALeaseAndItsEndIsOneBatch) {
  PlayedCell cell(sleeper_spec(8));
  EXPECT_EQ(cell.begin(), Answers{"1 lease 0+8"});
  EXPECT_EQ(cell.look(1, sight_in(WorkerIs::Running, 3, 3)), Answers{});
  EXPECT_EQ(cell.look(1, idle(8)), Answers{"save batch 0+8"});
  cell.wake();
  EXPECT_EQ(cell.end_reason(), EndReason::Trials);
  EXPECT_TRUE(cell.settled());
}

TEST(CellLeases, ASpuriousWakeUpChangesNothing) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cell.look(1, sight_in(WorkerIs::Running, 2, 2)), Answers{});
    EXPECT_EQ(cell.wake(), Answers{});
  }
  EXPECT_EQ(cell.tell(1, Poked{}), Answers{});                      // of a watch that is over
  EXPECT_EQ(cell.tell(1, Sampled{sleeping_victim(1)}), Answers{});  // likewise
  EXPECT_EQ(cell.tell(9, Looked{}), Answers{});                     // nobody
}

TEST(CellLeases, AStateFromBeforeALeaseWasTakenIsNotBelieved) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  Sight stale = idle();
  stale.unsettled = true;
  stale.last_sent = cell.now;
  EXPECT_EQ(cell.look(1, stale), Answers{});
  cell.now += 9 * kSecond;
  EXPECT_EQ(cell.look(1, stale), Answers{});
  cell.now += 2 * kSecond;
  EXPECT_EQ(cell.look(1, stale), (Answers{"save note", "1 kill"}));
}

TEST(CellLeases, AWorkerThatDiesInALeaseFailsTheTrialInFlightAndGivesBackTheRest) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  const WorkerEnded killed{.how = "OOM", .sight = sight_in(WorkerIs::Running, 2, 2)};
  EXPECT_EQ(cell.tell(1, killed),
            (Answers{"save batch 0+2", "save trial 2 infra worker died", "1 drop"}));
  EXPECT_EQ(cell.wake(), Answers{"start in lane 0"});
  EXPECT_EQ(cell.enter(2), Answers{"2 lease 3+5"});
}

TEST(CellLeases, AWorkerThatDiesWithAllTrialsDoneFailsNone) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  const WorkerEnded ended{.how = "exit", .sight = sight_in(WorkerIs::Running, 7, 8)};
  EXPECT_EQ(cell.tell(1, ended), (Answers{"save batch 0+8", "save note", "1 drop"}));
}

TEST(CellLeases, AnIdleWorkerThatDiesIsReplacedWithoutARecord) {
  PlayedCell cell(sleeper_spec(16));
  cell.begin();
  cell.tell(Began{});
  EXPECT_EQ(cell.tell(1, WorkerEnded{.how = "OOM", .sight = idle(8)}),
            (Answers{"save batch 0+8", "save note", "1 drop"}));
  EXPECT_EQ(cell.wake(), Answers{"start in lane 0"});
}

TEST(CellLeases, AReportedAnomalyIsOneTrialAndTheWorkerGoesOn) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  Sight told = sight_in(WorkerIs::Reported, 4, 4);
  told.outcome = Outcome::Anomaly;
  EXPECT_EQ(cell.look(1, told),
            (Answers{"save batch 0+4", "save trial 4 anomaly reported by the reproducer",
                     "1 send continue"}));
  EXPECT_EQ(cell.look(1, idle(8)), Answers{"save batch 5+3"});
}

TEST(CellLeases, AReportedFailureEndsTheWorker) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  Sight told = sight_in(WorkerIs::Reported, 0, 0);
  told.outcome = Outcome::Infra;
  EXPECT_EQ(cell.look(1, told),
            (Answers{"save trial 0 infra reported by the reproducer", "1 kill"}));
  EXPECT_EQ(cell.tell(1, WorkerEnded{.how = "killed", .sight = told}), Answers{"1 drop"});
}

TEST(CellLeases, NoTrialIsMeasuredBeforeWhatTheSearchLearnedIsOnRecord) {
  PlayedCell cell(sleeper_spec(8, 1, 4));
  EXPECT_EQ(cell.begin(), Answers{"1 lease 0+4"});
  EXPECT_EQ(cell.look(1, idle(4)), (Answers{"save batch 0+4", "read arms"}));
  EXPECT_EQ(cell.look(1, idle(4)), Answers{});  // not yet
  EXPECT_EQ(cell.tell(SearchRead{}), Answers{"save search"});
  EXPECT_EQ(cell.look(1, idle(4)), Answers{"1 lease 4+8"});
}

TEST(CellLeases, TheSearchIsNotOverWhileOneOfItsTrialsIsOut) {
  PlayedCell cell(sleeper_spec(8, 2, 12));
  cell.begin();
  EXPECT_EQ(cell.enter(2, 1), Answers{"2 lease 8+4"});
  EXPECT_EQ(cell.look(2, idle(4)), Answers{"save batch 8+4"});
  EXPECT_EQ(cell.look(1, idle(8)), (Answers{"save batch 0+8", "read arms"}));
}

TEST(CellLeases, WithEveryTrialTracedALeaseIsOfOneUntilEnoughAreKept) {
  PlayedCell cell(sleeper_spec(8), {}, TraceMode::Always);
  EXPECT_EQ(cell.begin(), (Answers{"1 follow", "1 lease 0+1"}));
  Sight done = idle(1);
  done.traced = true;
  EXPECT_EQ(cell.look(1, done), Answers{"1 trace"});
  EXPECT_EQ(cell.tell(1, Traced{Trace{}}),
            (Answers{"save trial 0 clean ended in time", "1 follow", "1 lease 1+7"}));
}

TEST(CellLeases, ToCompareEveryOtherLeaseIsTraced) {
  PlayedCell cell(sleeper_spec(100), {}, TraceMode::Compare);
  EXPECT_EQ(cell.begin(), (Answers{"1 follow", "1 lease 0+8"}));
  EXPECT_EQ(cell.look(1, idle(8))[1], "1 forget");
}

}  // namespace
}  // namespace hangrate::testing
