// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/task_history.h"

#include <gtest/gtest.h>

#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using testing::MadeTrace;

constexpr Nanos kAll = INT64_MAX;

TEST(Sleeps, AnEmptyTraceHasNoTasks) {
  const TraceHistory history = read_history(Trace{}, kAll);
  EXPECT_TRUE(history.tasks.empty());
  EXPECT_EQ(history.of(1), nullptr);
}

TEST(Sleeps, ACallIsOpenUntilItReturns) {
  MadeTrace made;
  const std::size_t entered = made.call(1, TracedCall::PipeWrite, 7);
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->in(TracedCall::PipeWrite)->event, entered);
  made.ret(1, TracedCall::PipeWrite, 100, 7);
  EXPECT_TRUE(read_history(made.trace(), kAll).of(1)->open.empty());
}

TEST(Sleeps, AReturnOfTheOuterCallEndsWhatIsInsideIt) {
  MadeTrace made;
  made.call(1, TracedCall::FuseFlush);
  made.call(1, TracedCall::FuseWait);
  made.ret(1, TracedCall::FuseFlush);
  EXPECT_TRUE(read_history(made.trace(), kAll).of(1)->open.empty());
}

TEST(Sleeps, AReturnFromBeforeTheWindowLeavesNothing) {
  MadeTrace made;
  made.call(1, TracedCall::WaitChild);
  made.ret(1, TracedCall::PipeRead, 5);
  EXPECT_NE(read_history(made.trace(), kAll).of(1)->in(TracedCall::WaitChild), nullptr);
}

TEST(Sleeps, AnOutermostCallEndsWhateverWasLeftWithoutAReturn) {
  for (const TracedCall call :
       {TracedCall::PipeRead, TracedCall::PipeWrite, TracedCall::PipeSplice, TracedCall::PipeFcntl,
        TracedCall::FuseFlush, TracedCall::ZapPidNs}) {
    MadeTrace made;
    made.call(1, TracedCall::WaitChild);
    const std::size_t entered = made.call(1, call);
    const TraceHistory history = read_history(made.trace(), kAll);
    ASSERT_EQ(history.of(1)->open.size(), 1u) << traced_call_name(call);
    EXPECT_EQ(history.of(1)->open[0].event, entered);
    EXPECT_FALSE(open_at(made.trace(), 2, 1, TracedCall::WaitChild));
  }
  MadeTrace nested;
  nested.call(1, TracedCall::ZapPidNs);
  nested.call(1, TracedCall::WaitChild);
  EXPECT_EQ(read_history(nested.trace(), kAll).of(1)->open.size(), 2u);
}

TEST(Sleeps, ASleepWhoseStackShowsAnotherPlaceIsNotInItsCall) {
  MadeTrace made;
  made.call(1, TracedCall::WaitChild);
  const std::size_t slept = made.sleep(1, TracedCall::WaitChild);
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep()->call, TracedCall::WaitChild);
  made[slept].stack = {"futex_do_wait", "__futex_wait", "futex_wait"};  // Debian 7.2.13
  made[slept].object = 7;
  const TraceHistory history = read_history(made.trace(), kAll);
  ASSERT_NE(history.of(1)->asleep(), nullptr);
  EXPECT_EQ(history.of(1)->asleep()->call, TracedCall::None);
  EXPECT_EQ(history.of(1)->asleep()->object, 0u);
  EXPECT_TRUE(history.of(1)->open.empty());
}

TEST(Sleeps, AWaitForAChildWhoseCallWasNotSeenIsKnownByItsStack) {
  MadeTrace made;
  const std::size_t slept = made.sleep(1, TracedCall::None);
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep()->call, TracedCall::None);
  made[slept].stack = {"do_wait", "bpf_trampoline_6442488945", "do_wait", "kernel_waitid"};
  const TraceHistory history = read_history(made.trace(), kAll);
  EXPECT_EQ(history.of(1)->asleep()->call, TracedCall::WaitChild);
  ASSERT_NE(history.of(1)->in(TracedCall::WaitChild), nullptr);
  EXPECT_EQ(history.of(1)->in(TracedCall::WaitChild)->event, slept);
  made[slept].stack = {"do_wait", "kernel_wait4", "zap_pid_ns_processes"};  // init of a namespace
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep()->call, TracedCall::None);
}

TEST(Sleeps, AnotherCallThatTheStackShowsIsKept) {
  MadeTrace made;
  made.call(1, TracedCall::ZapPidNs);
  made.call(1, TracedCall::P9Rpc);
  const std::size_t slept = made.sleep(1, TracedCall::P9Rpc);
  made[slept].stack = {"zap_pid_ns_processes", "do_exit"};
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep()->call, TracedCall::ZapPidNs);
}

TEST(Sleeps, TellsWhoWokeASleeperAndThatItSleptAgain) {
  MadeTrace made = testing::stalled_writer();
  const TraceHistory history = read_history(made.trace(), kAll);
  const TaskHistory& writer = *history.of(testing::kWriter);
  ASSERT_EQ(writer.sleeps.size(), 2u);
  EXPECT_TRUE(writer.sleeps[0].again);
  EXPECT_FALSE(writer.sleeps[1].again);
  EXPECT_EQ(made[*writer.sleeps[0].wake].tid, testing::kResizer);
  EXPECT_EQ(made[*writer.sleeps[0].end].kind, TraceKind::Run);
  EXPECT_EQ(writer.sleeps[1].object, testing::kPipe);
  ASSERT_NE(writer.asleep(), nullptr);
  EXPECT_EQ(writer.asleep()->event, writer.sleeps[1].event);
}

TEST(Sleeps, AStoppedTaskIsNotAsleep) {
  MadeTrace made;
  made.sleep(1, TracedCall::None, 'T');
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep(), nullptr);
}

TEST(Sleeps, WhatAWokenTaskDoesEndsItsSleepEvenWithoutARunEvent) {
  MadeTrace made;
  made.sleep(1, TracedCall::None);
  made.call(1, TracedCall::PipeRead);
  EXPECT_EQ(read_history(made.trace(), kAll).of(1)->asleep(), nullptr);
}

TEST(Sleeps, EventsAfterTheMomentAskedForDoNotCount) {
  MadeTrace made = testing::stalled_writer();
  const Nanos before = made.trace().events.back().when;
  made.wake(testing::kReader, testing::kWriter);
  EXPECT_NE(read_history(made.trace(), before).of(testing::kWriter)->asleep(), nullptr);
  EXPECT_EQ(read_history(made.trace(), kAll).of(testing::kWriter)->asleep(), nullptr);
}

TEST(Sleeps, ATidThatIsUsedAgainStartsAnew) {
  MadeTrace made;
  made.call(5, TracedCall::PipeRead);
  made.exit(5);
  made.fork(1, 5);
  const TraceHistory history = read_history(made.trace(), kAll);
  EXPECT_FALSE(history.of(5)->exit);
  EXPECT_TRUE(history.of(5)->open.empty());
}

TEST(Sleeps, AnIdleCpuIsNoTask) {
  MadeTrace made;
  made.wake(0, 5);
  EXPECT_EQ(read_history(made.trace(), kAll).of(0), nullptr);
}

}  // namespace
}  // namespace hangrate
