// SPDX-License-Identifier: GPL-2.0-or-later
//
// Healthy programs that were taken for hangs once: what sleeps on its way, rings, timers, threads.
#include <gtest/gtest.h>

#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

using Refuted = testing::MadeGraph;

/// It would run a handler, or kill, which releases the others.
TEST_F(Refuted, ATimerLeavesItStuckUnlessItsTaskIsAlone) {
  full_pipe_with_a_parent_that_waits();
  options_.signals_are_ours = true;
  made_.seen().processes[11].timers = true;
  EXPECT_TRUE(judged().proofs.empty());
  ASSERT_EQ(judged().stuck.size(), 2U);
  EXPECT_NE(judged().stuck[0].why.find("wait4"), std::string::npos) << "who waits for whom";
  made_.seen() = {};
  reader_of_its_own_pipe();
  made_.seen().processes[10].timers = true;
  EXPECT_EQ(judged().proofs.size(), 1U) << "it could but kill the only one that hangs";
  made_.seen().tasks[10].caught = 1U << (10 - 1);
  EXPECT_TRUE(judged().proofs.empty());
}

/// Kernels without CONFIG_CHECKPOINT_RESTORE show no timers.
TEST_F(Refuted, WhetherThereIsATimerMattersWhereASignalIsHandled) {
  full_pipe_with_a_parent_that_waits();
  options_.signals_are_ours = true;
  made_.seen().processes[11].timers_hidden = true;
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().tasks[11].caught = 1U << (10 - 1);
  EXPECT_TRUE(judged().proofs.empty());
}

/// It has the lock of the pipe, and goes on when its page has come.
TEST_F(Refuted, AWriterThatWaitsForAPageOfItsBufferWaitsForNoLock) {
  made_.sleeper(10, "read", "0x3 0x0");
  made_.reads(10, 3, "pipe:[7]");
  SeenTask& writer = made_.sleeper(11, "write", "0x4 0x1000", "pipe_write");
  made_.writes(11, 4, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  made_.reads(11, 3, "pipe:[7]");
  writer.sample.state = 'D';
  EXPECT_EQ(judged().proofs.size(), 1U) << "each waits for the other";
  writer.sample.wchan = "folio_wait_bit_common";
  writer.sample.stack = {"folio_wait_bit_common", "filemap_fault", "pipe_write", "vfs_write"};
  EXPECT_TRUE(judged().proofs.empty());
}

/// What it was woken for is taken, and its work not done: it sleeps on the way.
TEST_F(Refuted, AHolderThatSleepsElsewhereInItsCallRefutesALostWakeUp) {
  made_.sleeper(10, "read", "0x3 0x0");
  made_.reads(10, 3, "pipe:[7]");
  SeenTask& writer = made_.sleeper(11, "write", "0x4 0x1000", "pipe_write");
  made_.writes(11, 4, "pipe:[7]");
  EXPECT_EQ(judged(kPollIn).proofs.size(), 1U);
  writer.sample.wchan = "handle_userfault";
  EXPECT_TRUE(judged(kPollIn).proofs.empty());
  writer.sample.wchan = "pipe_write";
  writer.sample.state = 'D';
  EXPECT_TRUE(judged(kPollIn).proofs.empty()) << "for the lock";
}

TEST_F(Refuted, TheIoUringOfAHolderMayAnswerForIt) {
  for (const int pid : {10, 11}) {
    made_.sleeper(pid, "recvfrom", "0x3 0x0");
    made_.holds(pid, 3, ObjectKind::Socket, "socket:[" + std::to_string(pid) + "]", true, true);
  }
  made_.seen().peers = {{10, 11}, {11, 10}};
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().processes[11].rings = true;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Refuted, TheIoUringOfAFuseServerMayAnswer) {
  made_.sleeper(10, "read", "0x3 0x0", "request_wait_answer");
  made_.holds(10, 4, ObjectKind::FuseDevice, "/dev/fuse", true, true).connection = 40;
  made_.seen().fuse_waiting[40] = 1;
  EXPECT_EQ(judged().proofs.size(), 1U) << "it is its own server";
  made_.seen().processes[10].rings = true;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Refuted, AThreadOfWhoWaitsForAnyChildMayStartOne) {
  made_.sleeper(10, "wait4", "0xffffffffffffffff 0x0");
  made_.sleeper(11, "read", "0x3 0x0").parent = 10;
  made_.reads(11, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  EXPECT_EQ(judged().proofs.size(), 1U);
  SeenTask& thread = made_.thread(10, 12);
  thread.sample.syscall_name = "nanosleep";
  thread.sample.syscall = "35 0x1 0x0";
  thread.sample.wchan = "hrtimer_nanosleep";
  EXPECT_TRUE(judged().proofs.empty());
}

}  // namespace
}  // namespace hangrate
