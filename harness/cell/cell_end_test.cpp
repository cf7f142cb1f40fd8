// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a cell ends, event by event: by its rule, by its user, or because it cannot go on.
#include <gtest/gtest.h>

#include "harness/testing/played_cell.h"

namespace hangrate::testing {
namespace {

WorkerEnded left(WorkerIs state, std::uint64_t trial, std::uint64_t done) {
  WorkerEnded ended{.how = "exit 5", .sight = sight_in(state, trial, done)};
  ended.sight.message = "no such device";
  return ended;
}

TEST(CellEnds, AStopInMidLeaseIsToldToTheWorkerAndAwaited) {
  PlayedCell cell(sleeper_spec(0), {.budget = kSecond});
  cell.begin();
  EXPECT_EQ(cell.wake(), Answers{});
  cell.now += 2 * kSecond;
  EXPECT_EQ(cell.wake(), Answers{"1 stop"});
  EXPECT_FALSE(cell.settled());
  EXPECT_EQ(cell.look(1, idle(3)), Answers{"save batch 0+3"});
  EXPECT_TRUE(cell.settled());
  EXPECT_EQ(cell.end_reason(), EndReason::Budget);
}

TEST(CellEnds, AWorkerThatDoesNotStopIsAwaitedOnlySoLong) {
  PlayedCell cell(sleeper_spec(0), {.budget = kSecond});
  cell.begin();
  cell.now += 2 * kSecond;
  cell.wake();
  cell.now += 7 * kSecond;
  EXPECT_FALSE(cell.settled());
  cell.now += 2 * kSecond;
  EXPECT_TRUE(cell.settled());
}

TEST(CellEnds, AWatchInFlightIsAwaitedToItsOwnEnd) {
  PlayedCell cell(sleeper_spec(0), {.budget = kSecond});
  cell.begin();
  cell.park(1, 0, 0);
  cell.now += 2 * kSecond;
  cell.wake();
  cell.now += 9 * kSecond;
  EXPECT_FALSE(cell.settled());
}

TEST(CellEnds, TheUserDoesNotWaitForAWatchThatProvedNothing) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.tell(Interrupted{});
  EXPECT_EQ(cell.wake(), Answers{"1 stop"});
  EXPECT_EQ(cell.look(1, sight_in(WorkerIs::Parked, 2, 2)), (Answers{"save note", "1 kill"}));
  EXPECT_TRUE(cell.settled());
  EXPECT_EQ(cell.end_reason(), EndReason::Interrupted);
  EXPECT_EQ(cell.result().recorded().total(), 2u);  // the watched one is made again
}

TEST(CellEnds, TheUserGetsAHangThatIsProvenAlready) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.park(1, 2, 2);
  cell.prove(1, sight_in(WorkerIs::Parked, 2, 2));
  cell.tell(Interrupted{});
  cell.wake();
  EXPECT_FALSE(cell.settled());
  Sight freed = sight_in(WorkerIs::Parked, 2, 2);
  freed.released = cell.now;
  freed.pulled = true;
  EXPECT_EQ(cell.look(1, freed)[0], "save trial 2 hang invariant broken, motionless, signature");
}

TEST(CellEnds, ASkipBeforeAnyTrialSkipsTheCell) {
  PlayedCell cell(sleeper_spec(8));
  cell.wake();
  cell.tell(Started{1, 0, 101});
  EXPECT_EQ(cell.tell(1, left(WorkerIs::Skipped, 0, 0)), (Answers{"save skip", "1 drop"}));
  EXPECT_EQ(cell.end_reason(), EndReason::Skipped);
}

TEST(CellEnds, ASkipInMidTrialIsAFailureOfThatTrial) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  EXPECT_EQ(cell.tell(1, left(WorkerIs::Skipped, 3, 3)),
            (Answers{"save batch 0+3", "save trial 3 infra the reproducer skips what it began",
                     "1 drop"}));
  EXPECT_EQ(cell.end_reason(), EndReason::None);
}

TEST(CellEnds, ASkipAfterWhatAnotherWorkerBeganIsNoneEither) {
  PlayedCell cell(sleeper_spec(100, 2));
  cell.begin();
  cell.tell(Started{2, 1, 102});
  cell.tell(1, Saw{sight_in(WorkerIs::Running, 1, 1)});
  EXPECT_EQ(cell.tell(2, left(WorkerIs::Skipped, 0, 0)), (Answers{"save note", "2 drop"}));
  EXPECT_EQ(cell.end_reason(), EndReason::None);
}

TEST(CellEnds, AWorkerThatSaysItFailedButDoesNotExitIsReplaced) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  EXPECT_EQ(cell.look(1, left(WorkerIs::Failed, 1, 1).sight), Answers{});
  cell.now += 3 * kSecond;
  EXPECT_EQ(cell.look(1, left(WorkerIs::Failed, 1, 1).sight),
            (Answers{"save batch 0+1", "save trial 1 infra the reproducer failed", "1 kill"}));
}

TEST(CellEnds, AWorkerThatNeverGetsReadyIsReplaced) {
  PlayedCell cell(sleeper_spec(8));
  cell.wake();
  cell.tell(Started{1, 0, 101});
  cell.now += 19 * kSecond;
  EXPECT_EQ(cell.look(1, Sight{}), Answers{});
  cell.now += 2 * kSecond;
  EXPECT_EQ(cell.look(1, Sight{}), (Answers{"save note", "1 kill"}));
}

TEST(CellEnds, ThreeWorkersInARowThatCannotStartEndTheCell) {
  PlayedCell cell(sleeper_spec(8));
  cell.wake();
  EXPECT_EQ(cell.tell(NotStarted{"EAGAIN"}), Answers{"save note"});
  EXPECT_EQ(cell.tell(NotStarted{"EAGAIN"}), Answers{"save note"});
  EXPECT_EQ(cell.tell(NotStarted{"EAGAIN"}),
            (Answers{"save note", "save trial 0 infra no worker starts"}));
  EXPECT_EQ(cell.end_reason(), EndReason::Infra);
  cell.wake();
  EXPECT_TRUE(cell.settled());
}

TEST(CellEnds, OneThatGetsReadyBetweenThemBeginsTheCountAnew) {
  PlayedCell cell(sleeper_spec(100, 2));
  cell.wake();
  cell.tell(NotStarted{"EAGAIN"});
  cell.tell(NotStarted{"EAGAIN"});
  cell.enter(1);
  cell.tell(NotStarted{"EAGAIN"});
  EXPECT_EQ(cell.end_reason(), EndReason::None);
}

TEST(CellEnds, TwentyTrialsInARowWhoseReproducerFailsEndTheCell) {
  PlayedCell cell(sleeper_spec(100));
  cell.begin();
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(cell.end_reason(), EndReason::None);
    cell.tell(i + 1, left(WorkerIs::Failed, i, 0));
    cell.wake();
    cell.enter(i + 2);
  }
  EXPECT_EQ(cell.end_reason(), EndReason::Infra);
}

TEST(CellEnds, AnEndedTrialBetweenThemBeginsTheCountAnew) {
  PlayedCell cell(sleeper_spec(100));
  cell.begin();
  for (std::uint64_t i = 0; i < 25; ++i) {
    cell.tell(i + 1, left(WorkerIs::Failed, i == 10 ? 11 : i < 10 ? i : i + 1, i == 10 ? 1 : 0));
    cell.wake();
    cell.enter(i + 2);
  }
  EXPECT_EQ(cell.end_reason(), EndReason::None);
}

TEST(CellEnds, AFullDiskEndsTheCell) {
  PlayedCell cell(sleeper_spec(16));
  cell.begin();
  EXPECT_EQ(cell.look(1, idle(8)), (Answers{"save batch 0+8", "1 lease 8+8"}));
  EXPECT_EQ(cell.tell(RecordLost{"no space"}), Answers{});
  EXPECT_EQ(cell.end_reason(), EndReason::Infra);
  EXPECT_EQ(cell.wake(), Answers{"1 stop"});
  EXPECT_EQ(cell.look(1, idle(8)), Answers{"save batch 8+8"});  // no further lease
}

TEST(CellEnds, AWorkerKilledAtBirthIsNoFailedStartAndIsToldOnce) {
  PlayedCell cell(sleeper_spec(8, 2));
  cell.wake();
  cell.tell(Started{1, 0, 101});
  cell.tell(Started{2, 1, 102});
  const WorkerEnded killed{.how = "signal 9", .killed_at_birth = true};
  EXPECT_EQ(cell.tell(1, killed), (Answers{"no birth in cgroup", "save note", "1 drop"}));
  EXPECT_EQ(cell.tell(2, killed), Answers{"2 drop"});
  EXPECT_EQ(cell.wake(), (Answers{"start in lane 0", "start in lane 1"}));
}

TEST(CellEnds, AWorkerKilledLaterIsAFailedTrial) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  const WorkerEnded killed{
      .how = "signal 9", .killed_at_birth = true, .sight = sight_in(WorkerIs::Running, 0, 0)};
  EXPECT_EQ(cell.tell(1, killed), (Answers{"save trial 0 infra worker died", "1 drop"}));
}

TEST(CellEnds, VictimsThatPileUpEndTheCell) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  cell.wake(8);
  EXPECT_EQ(cell.end_reason(), EndReason::None);
  cell.wake(9);
  EXPECT_EQ(cell.end_reason(), EndReason::Infra);
}

TEST(CellEnds, WithoutASlotItEndsOnlyIfNobodyWorks) {
  PlayedCell busy(sleeper_spec(8));
  busy.begin();
  busy.tell(NoSlot{});
  EXPECT_EQ(busy.end_reason(), EndReason::None);
  PlayedCell bare(sleeper_spec(8));
  bare.tell(NoSlot{});
  EXPECT_EQ(bare.end_reason(), EndReason::Infra);
}

TEST(CellEnds, ClosingKillsWhoIsLeftAndNamesWhoStays) {
  PlayedCell cell(sleeper_spec(8));
  cell.begin();
  EXPECT_EQ(cell.tell(Closed{}), Answers{"1 kill"});
  EXPECT_EQ(cell.tell(LeftBehind{{77}}), (Answers{"save note", "1 leave behind", "save note"}));
  EXPECT_TRUE(cell.empty());
  EXPECT_EQ(cell.tell(Measured{}), Answers{"save end 0"});
}

TEST(CellEnds, ALaneWithTooManyWatchedTrialsPauses) {
  PlayedCell cell(sleeper_spec(100));
  cell.begin();
  for (std::uint64_t worker = 1; worker <= 6; ++worker) {
    cell.park(worker, worker - 1, 0);
    EXPECT_EQ(cell.wake(), worker < 6 ? Answers{"start in lane 0"} : Answers{});
    if (worker < 6) cell.enter(worker + 1);
  }
}

}  // namespace
}  // namespace hangrate::testing
