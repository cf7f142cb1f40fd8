// SPDX-License-Identifier: GPL-2.0-or-later
//
// Trials of a cell that do not end in time, event by event: whom a watch is about, what is recorded
// of it, and what becomes of its worker in each order things can happen.
#include <csignal>

#include <gtest/gtest.h>

#include "harness/testing/played_cell.h"

namespace hangrate::testing {
namespace {

Sight parked(std::uint64_t trial, std::uint64_t done, Nanos released = 0) {
  Sight sight = sight_in(WorkerIs::Parked, trial, done);
  sight.released = released;
  return sight;
}

TEST(CellWatches, AParkedTrialIsWatchedOnceItsWorkerWasToldToStop) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  EXPECT_EQ(cell.look(1, parked(2, 2)), (Answers{"1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(2, 2)),
            (Answers{"save batch 0+2", "1 watch parked", "1 read motion"}));
  EXPECT_EQ(cell.wake(), Answers{"start in lane 0"});
  EXPECT_EQ(cell.enter(2), Answers{"2 lease 3+5"});  // the rest of the first one's
}

TEST(CellWatches, OneReleasedBeforeItWasToldToStopIsNotWatched) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  EXPECT_EQ(cell.look(1, parked(2, 2)), (Answers{"1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(2, 2, cell.now)), Answers{});
  EXPECT_EQ(cell.look(1, idle(3)), (Answers{"save batch 0+3", "1 lease 3+5"}));
}

TEST(CellWatches, OneThatWentOnToTheNextTrialIsNotWatchedEither) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.look(1, parked(2, 2));
  EXPECT_EQ(cell.look(1, sight_in(WorkerIs::Running, 3, 3)), Answers{});
  EXPECT_EQ(cell.wake(), Answers{});
}

TEST(CellWatches, OneThatEndsByItselfIsRecordedOnceAndItsWorkerBecomesASpare) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.wake();
  cell.enter(2);
  cell.now += kSecond;
  EXPECT_EQ(cell.look(1, parked(2, 2, cell.now)),
            (Answers{"save trial 2 slow ended by itself", "1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(2, 2, cell.now)), Answers{});
  EXPECT_EQ(cell.look(1, idle(3)), Answers{});  // a spare: its lane has a worker
  const WorkerEnded ended{.how = "OOM", .sight = sight_in(WorkerIs::Running, 3, 0)};
  cell.tell(2, ended);
  EXPECT_EQ(cell.wake(), Answers{"1 lease 4+1"});
}

TEST(CellWatches, WhatItsReproducerSaysOfATrialThatEndedByItselfCountsMore) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  Sight told = sight_in(WorkerIs::Reported, 2, 2);
  told.released = cell.now;
  told.outcome = Outcome::Anomaly;
  EXPECT_EQ(cell.look(1, told),
            (Answers{"save trial 2 anomaly reported by the reproducer", "1 send continue"}));
}

TEST(CellWatches, AProvenHangIsEndedByTheLeverAndItsReleaseFreesTheWorker) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  EXPECT_EQ(cell.prove(1, parked(2, 2)), Answers{"1 send lever"});
  Sight freed = parked(2, 2, cell.now);
  freed.pulled = true;
  EXPECT_EQ(
      cell.look(1, freed),
      (Answers{"save trial 2 hang invariant broken, motionless, signature", "1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(2, 2, cell.now)), Answers{});
  EXPECT_EQ(cell.look(1, idle(3)), Answers{});
  EXPECT_EQ(cell.count(Outcome::Hang), 1u);
}

/// What comes when a parked worker has been asked and has not answered for three seconds.
Answers unanswered(const CellSpec& spec) {
  PlayedCell cell(spec);
  cell.begin();
  cell.park(1, 2, 2);
  Sight busy = parked(2, 2);
  busy.answered = false;
  cell.tell(1, Sampled{sleeping_victim(cell.now)});
  EXPECT_EQ(cell.look(1, busy), Answers{"1 send check"});
  cell.now += 3 * kSecond;
  return cell.look(1, busy);
}

TEST(CellWatches, TheWorkerOfACommandHasLongerToAnswerThanAnyOther) {
  CellSpec spec = sleeper_spec(8);
  EXPECT_EQ(unanswered(spec), Answers{"1 read whole"}) << "the round goes on without it";
  spec.manifest.exec = {"./script.sh"};
  EXPECT_EQ(unanswered(spec), Answers{}) << "it looks at all tasks";
}

TEST(CellWatches, AnUnprovenTrialIsLeftAlone) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  for (int i = 0; i < 20; ++i) {
    cell.tell(1, Sampled{sleeping_victim(cell.now)});
    cell.now += 10 * kMilli;
    for (const std::string& answer : cell.look(1, parked(2, 2))) {
      EXPECT_NE(answer, "1 send lever");
      EXPECT_NE(answer, "1 kill");
    }
  }
}

TEST(CellWatches, AReleaseJustBeforeTheKillIsNoRescueAndNobodyIsKilled) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.prove(1, parked(2, 2));
  Sight refused = parked(2, 2);  // the lever did nothing: the kill comes next
  refused.released = cell.now;
  const Answers answers = cell.look(1, refused);
  EXPECT_EQ(answers[0], "save trial 2 inconclusive went on by itself");
  EXPECT_EQ(std::count(answers.begin(), answers.end(), "1 kill"), 0);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), "1 signal 9 500"), 0);
}

TEST(CellWatches, ALateReleaseAfterTheLastRungIsNoRescue) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.prove(1, parked(2, 2));
  EXPECT_EQ(cell.look(1, parked(2, 2)), Answers{"1 signal 9 500"});  // refused by the lever
  EXPECT_EQ(cell.tell(1, Poked{}), Answers{"1 send nothing"});
  EXPECT_EQ(cell.play(1, parked(2, 2)),
            (Answers{"suspect 1", "save trial 2 hang invariant broken, motionless, signature",
                     "1 kill"}));
  EXPECT_EQ(cell.look(1, parked(2, 2, cell.now)), Answers{});  // too late
  EXPECT_EQ(cell.tell(1, WorkerEnded{.how = "killed", .sight = parked(2, 2, cell.now)}),
            Answers{"1 drop"});
}

TEST(CellWatches, AWorkerThatDiesWhileParkedIsNoHang) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  const Answers answers = cell.tell(1, WorkerEnded{.how = "OOM", .sight = parked(2, 2)});
  EXPECT_EQ(answers.front(), "save trial 2 infra worker died");
  EXPECT_EQ(answers.back(), "1 drop");
  EXPECT_EQ(cell.count(Outcome::Hang), 0u);
}

TEST(CellWatches, AWorkerThatDiesRightAfterItsReleaseFailedItsTrialOnce) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  const Answers answers = cell.tell(1, WorkerEnded{.how = "OOM", .sight = parked(2, 2, cell.now)});
  EXPECT_EQ(answers, (Answers{"save trial 2 infra worker died", "1 drop"}));
}

TEST(CellWatches, AnOverdueTrialIsWatchedAndMayYetEnd) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.now += 11 * kSecond;
  const Sight running = sight_in(WorkerIs::Running, 0, 0);
  EXPECT_EQ(cell.look(1, running), (Answers{"1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, running), Answers{"1 watch overdue"});
  EXPECT_EQ(cell.look(1, running), Answers{"1 read motion"});
  EXPECT_EQ(cell.look(1, idle(1))[0], "save trial 0 slow ended by itself");
}

TEST(CellWatches, ATrialThatIsNotOverdueIsNotWatched) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.now += 11 * kSecond;
  Sight fresh = sight_in(WorkerIs::Running, 4, 4);
  fresh.trial_start = cell.now - 9 * kSecond;
  EXPECT_EQ(cell.look(1, fresh), Answers{});
}

TEST(CellWatches, AnOverdueTrialThatParksIsWatchedAnew) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.now += 11 * kSecond;
  const Sight running = sight_in(WorkerIs::Running, 0, 0);
  cell.look(1, running);
  cell.look(1, running);
  EXPECT_EQ(cell.look(1, parked(0, 0)), (Answers{"1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(0, 0)), (Answers{"1 watch parked", "1 read motion"}));
}

TEST(CellWatches, AWorkerThatNamesAStrangerIsNotBelievedAnyMore) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  EXPECT_EQ(cell.tell(1, NamedForeign{{1}}),
            (Answers{"save trial 2 infra the worker named a foreign task", "1 kill"}));
}

TEST(CellWatches, AWorkerThatDoesNotLeaveATrialWithAVerdictIsReplaced) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.now += kSecond;
  cell.look(1, parked(2, 2, cell.now));
  cell.look(1, parked(2, 2, cell.now));
  EXPECT_EQ(cell.look(1, parked(2, 2)), (Answers{"1 stop", "1 look"}));
  EXPECT_EQ(cell.look(1, parked(2, 2)), (Answers{"save note", "1 kill"}));
}

TEST(CellWatches, AKilledWorkerThatStaysIsLeftBehindAndNotBefore) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  Sight told = sight_in(WorkerIs::Reported, 0, 0);
  told.outcome = Outcome::Infra;
  cell.look(1, told);
  EXPECT_EQ(cell.wake(), Answers{"start in lane 0"});
  cell.now += 3 * kSecond;
  EXPECT_EQ(cell.wake()[1], "1 leave behind");
}

TEST(CellWatches, TheTraceOfAProvenHangIsTakenBeforeAnybodyIsPoked) {
  PlayedCell cell(sleeper_spec(8), {}, TraceMode::OnHit);
  cell.begin();
  cell.park(1, 2, 2);
  Sight sight = parked(2, 2);
  sight.traced = true;
  EXPECT_EQ(cell.prove(1, sight), Answers{"1 trace declared"});
  EXPECT_EQ(cell.look(1, sight), Answers{});  // until it is there
  EXPECT_EQ(cell.tell(1, Traced{Trace{}}), Answers{"1 send lever"});
}

}  // namespace
}  // namespace hangrate::testing
