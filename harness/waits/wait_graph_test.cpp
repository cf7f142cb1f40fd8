// SPDX-License-Identifier: GPL-2.0-or-later
//
// What proves a hang and what refutes it, on made-up looks: each rule fires, and does not fire for
// the healthy program that looks most like it.
#include "harness/waits/wait_graph.h"

#include <gtest/gtest.h>

#include "harness/model/snapshot_text.h"
#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

void exits_in_fuse(SeenTask& task) {
  task.sample.state = 'D';
  task.sample.flags = kFlagExiting;
  task.sample.stack = {"request_wait_answer", "fuse_flush", "filp_close"};
}

using Graph = testing::MadeGraph;

TEST_F(Graph, ProvesADeadlockOfAFullPipeAndAParentThatOnlyWaits) {
  full_pipe_with_a_parent_that_waits();
  const Diagnosis seen = judged();
  ASSERT_EQ(seen.proofs.size(), 1U);
  EXPECT_EQ(seen.proofs[0].kind, ProofKind::Deadlock);
  EXPECT_EQ(seen.proofs[0].members.size(), 2U);
  EXPECT_FALSE(seen.proofs[0].only_a_signal);
}

TEST_F(Graph, AnyOtherLivingHolderOfTheReadEndRefutesIt) {
  full_pipe_with_a_parent_that_waits();
  made_.sleeper(12, "nanosleep", "0x1 0x0");
  made_.reads(12, 5, "pipe:[7]");
  const Diagnosis seen = judged();
  EXPECT_TRUE(seen.proofs.empty());
  EXPECT_TRUE(seen.stuck.empty());
}

TEST_F(Graph, OneThatMovesAtTheThirdLookRefutesAll) {
  full_pipe_with_a_parent_that_waits();
  EXPECT_TRUE(
      judged(0, [](Snapshot& third) { third.tasks[11].sample.switches = 2; }).proofs.empty());
}

TEST_F(Graph, ATaskThatIsStoppedCanGoOn) {
  full_pipe_with_a_parent_that_waits();
  made_.seen().tasks[11].sample.state = 'T';
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, ATaskThatIsFrozenCanGoOn) {
  full_pipe_with_a_parent_that_waits();
  made_.seen().tasks[11].sample.wchan = "do_freezer_trap";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, ATimeLimitEndsAWait) {
  made_.sleeper(10, "poll", "0x1000 0x1 0x3e8");
  made_.holds(10, 3, ObjectKind::Pipe, "pipe:[7]", true, true);
  made_.seen().memory[10] = std::string("\3\0\0\0\1\0\0\0", 8);
  EXPECT_TRUE(judged().proofs.empty());
  made_.sleeper(10, "poll", "0x1000 0x1 0xffffffffffffffff");
  EXPECT_EQ(judged().proofs.size(), 1U) << "without one, nobody ends it";
}

TEST_F(Graph, ProvesThatAReaderWhichHoldsTheOnlyWriteEndIsOrphaned) {
  reader_of_its_own_pipe();
  const Diagnosis seen = judged();
  ASSERT_EQ(seen.proofs.size(), 1U);
  EXPECT_EQ(seen.proofs[0].kind, ProofKind::Orphaned);
}

TEST_F(Graph, AnotherThreadThatWaitsOpenlyMayWriteThere) {
  reader_of_its_own_pipe();
  SeenTask& other = made_.thread(10, 11);
  other.sample.syscall_name = "accept";
  other.sample.syscall = "43 0x5";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AnEndInFlightOverASocketLeavesItStuck) {
  reader_of_its_own_pipe();
  made_.runner(20);
  made_.seen().processes[20].hands_over = true;
  const Diagnosis seen = judged();
  EXPECT_TRUE(seen.proofs.empty());
  ASSERT_EQ(seen.stuck.size(), 1U);
  EXPECT_EQ(seen.stuck[0].task.pid, 10);
}

TEST_F(Graph, AnEndThatIoUringHoldsLeavesItStuck) {
  reader_of_its_own_pipe();
  made_.runner(20);
  made_.seen().processes[20].registered = true;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AProcessThatCannotBeLookedIntoMayHoldAnything) {
  reader_of_its_own_pipe();
  made_.runner(1).parent = 0;
  made_.seen().processes[1].opaque = "Permission denied";
  EXPECT_TRUE(judged().proofs.empty());
}

/// Made after it and after the child of it that the holder descends from: it inherited nothing.
TEST_F(Graph, AProcessThatCannotBeLookedIntoHasNothingThatIsYoungerThanItsChildren) {
  reader_of_its_own_pipe();
  made_.runner(1).parent = 0;
  made_.seen().tasks[1].sample.started = 10;
  made_.seen().processes[1].opaque = "Permission denied";
  made_.seen().births["pipe:[7]"] = 20.0;  // the reader began at 10.0 s
  options_.births_tell = true;
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().births["pipe:[7]"] = 5.0;
  EXPECT_TRUE(judged().proofs.empty());
}

/// A writer asleep although there is room, beside a process that may hold the pipe too.
TEST_F(Graph, WhoMayHoldItWithoutShowingItRefutesALostWakeUpOnlyIfItMoves) {
  made_.sleeper(10, "write", "0x1 0x0", "pipe_write");
  made_.writes(10, 1, "pipe:[7]");
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.reads(11, 0, "pipe:[7]");
  SeenTask& hidden = made_.sleeper(1, "pause", "0x0");
  hidden.parent = 0;
  const auto moves = [](Snapshot& third) { third.tasks[1].sample.switches = 2; };
  const auto expect_that_it_is_heard = [&] {
    ASSERT_EQ(judged(kPollOut).proofs.size(), 1U);
    EXPECT_EQ(judged(kPollOut).proofs[0].kind, ProofKind::LostWakeUp);
    EXPECT_TRUE(judged(kPollOut, moves).proofs.empty());
    EXPECT_TRUE(judged(0).proofs.empty()) << "no room";
  };
  made_.seen().processes[1].opaque = "Permission denied";
  expect_that_it_is_heard();
  hidden.sample.wchan = "do_freezer_trap";
  EXPECT_TRUE(judged(kPollOut).proofs.empty()) << "it may have been woken before it was frozen";
  hidden.sample.wchan = "somewhere";
  hidden.sample.state = 'R';
  EXPECT_TRUE(judged(kPollOut).proofs.empty());
  made_.seen().processes[1].opaque = "";
  exits_in_fuse(hidden);
  expect_that_it_is_heard();
  made_.seen().processes[99].opaque = "a read of its files blocks";
  EXPECT_TRUE(judged(kPollOut).proofs.empty()) << "whether that one moves is not seen";
}

/// No task sleeps for it: its wake-up is nobody's that moves.
TEST_F(Graph, AnEndInFlightOrRegisteredLeavesALostWakeUpStuck) {
  made_.sleeper(10, "write", "0x1 0x0", "pipe_write");
  made_.writes(10, 1, "pipe:[7]");
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.reads(11, 0, "pipe:[7]");
  SeenProcess& sender = made_.seen().processes[11];
  for (bool* hides : {&sender.hands_over, &sender.registered}) {
    *hides = true;
    EXPECT_TRUE(judged(kPollOut).proofs.empty());
    ASSERT_EQ(judged(kPollOut).stuck.size(), 1U);
    EXPECT_EQ(judged(kPollOut).stuck[0].task.pid, 10);
    *hides = false;
  }
  EXPECT_EQ(judged(kPollOut).proofs.size(), 1U);
}

TEST_F(Graph, ProvesALostWakeUpOfAWriterThatHasRoom) {
  made_.sleeper(10, "write", "0x1 0x0", "pipe_write");
  made_.writes(10, 1, "pipe:[7]");
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.reads(11, 0, "pipe:[7]");
  const Diagnosis seen = judged(kPollOut);
  ASSERT_EQ(seen.proofs.size(), 1U);
  EXPECT_EQ(seen.proofs[0].kind, ProofKind::LostWakeUp);
  EXPECT_EQ(seen.proofs[0].members.size(), 1U);
}

TEST_F(Graph, WhoWaitsForALostWakeUpIsToldWithIt) {
  made_.sleeper(9, "wait4", "0xa 0x0");
  made_.sleeper(10, "write", "0x1 0x0", "pipe_write").parent = 9;
  made_.writes(10, 1, "pipe:[7]");
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.reads(11, 0, "pipe:[7]");
  const Diagnosis seen = judged(kPollOut);
  ASSERT_EQ(seen.proofs.size(), 1U);
  EXPECT_EQ(seen.proofs[0].members.size(), 2U);
}

/// Exclusive waits: one of several is woken, the others rightly sleep on.
TEST_F(Graph, AnotherWaiterOfTheObjectThatRunsMayBeTheOneThatWasWoken) {
  made_.sleeper(10, "read", "0x0 0x0");
  made_.reads(10, 0, "pipe:[7]");
  made_.runner(11);
  made_.reads(11, 0, "pipe:[7]");
  EXPECT_TRUE(judged(kPollIn).proofs.empty());
}

TEST_F(Graph, WhoWakesUpAtTheThirdLookLostNothing) {
  made_.sleeper(10, "read", "0x0 0x0");
  made_.reads(10, 0, "pipe:[7]");
  const auto wakes = [](Snapshot& third) { third.tasks[10].sample.state = 'R'; };
  EXPECT_TRUE(judged(kPollIn, wakes).proofs.empty());
}

TEST_F(Graph, WhatIsReadyInAnEdgeTriggeredEpollMayHaveBeenTold) {
  made_.sleeper(10, "epoll_wait", "0x4 0x0 0x1 0xffffffffffffffff");
  made_.reads(10, 3, "pipe:[7]");
  Descriptor& epoll = made_.holds(10, 4, ObjectKind::Epoll, "anon_inode:[eventpoll]", true, true);
  epoll.watched = {{3, 0x80000001U, 7}};
  EXPECT_TRUE(judged(kPollIn).proofs.empty());
  made_.seen().processes[10].descriptors.back().watched = {{3, 1U, 7}};
  EXPECT_EQ(judged(kPollIn).proofs.size(), 1U);
}

/// SO_RCVLOWAT and MSG_WAITALL let it sleep while there is something.
TEST_F(Graph, WhatIsInASocketMayBeTooLittle) {
  made_.sleeper(10, "recvfrom", "0x3 0x0");
  made_.holds(10, 3, ObjectKind::Socket, "socket:[5]", true, true);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.holds(11, 3, ObjectKind::Socket, "socket:[6]", true, true);
  made_.seen().peers = {{5, 6}, {6, 5}};
  EXPECT_TRUE(judged(kPollIn).proofs.empty());
}

/// AIO, io_uring, KVM and others add to it inside the kernel.
TEST_F(Graph, AnEventfdMayBeAddedToByTheKernel) {
  made_.sleeper(10, "read", "0x3 0x0", "eventfd_read");
  made_.holds(10, 3, ObjectKind::EventFd, "eventfd 5", true, true);
  EXPECT_TRUE(judged().proofs.empty());
}

/// A page that another process brings, a supervisor of system calls: not what the arguments say.
TEST_F(Graph, ATaskThatSleepsElsewhereInItsCallWaitsForSomethingElse) {
  reader_of_its_own_pipe();
  EXPECT_EQ(judged().proofs.size(), 1U);
  for (const char* place : {"handle_userfault", "seccomp_do_user_notification", ""}) {
    made_.seen().tasks[10].sample.wchan = place;
    EXPECT_TRUE(judged().proofs.empty()) << place;
  }
}

/// Of TCP, of terminals, of much else.
TEST_F(Graph, APlaceThatManyShareIsToldByItsCaller) {
  reader_of_its_own_pipe();
  TaskSample& task = made_.seen().tasks[10].sample;
  task.wchan = "wait_woken";
  EXPECT_TRUE(judged().proofs.empty());
  task.stack = {"wait_woken", "sk_wait_data", "tcp_recvmsg_locked"};
  EXPECT_EQ(judged().proofs.size(), 1U);
  task.stack = {"wait_woken", "n_tty_read"};
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, ASpliceIsReadByTheEndItWaitsFor) {
  made_.sleeper(10, "splice", "0x3 0x0 0x5 0x0", "splice_from_pipe_next");
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().tasks[10].sample.wchan = "sock_alloc_send_pskb";  // into a socket that is full
  EXPECT_TRUE(judged(kPollIn).proofs.empty());
}

/// autofs, 9p and core dumps hold ends inside the kernel; one may be passed on while we look.
TEST_F(Graph, APipeWithoutAnotherEndThatIsSeenAndNotClosedIsHeldByTheKernel) {
  made_.sleeper(10, "read", "0x3 0x0");
  made_.reads(10, 3, "pipe:[7]");
  EXPECT_TRUE(judged().proofs.empty());
  constexpr short kHangUp = 16;
  ASSERT_EQ(judged(kHangUp).proofs.size(), 1U) << "closed, and nobody woke it";
  EXPECT_EQ(judged(kHangUp).proofs[0].kind, ProofKind::LostWakeUp);
}

/// "Is my reader still there?"
TEST_F(Graph, APollForNothingOnAWriteEndWaitsForItsReaders) {
  made_.sleeper(10, "poll", "0x1000 0x1 0xffffffffffffffff");
  made_.writes(10, 4, "pipe:[7]");
  made_.seen().memory[10] = std::string("\4\0\0\0\0\0\0\0", 8);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.reads(11, 3, "pipe:[7]");
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, WhatIsThereAndNotAskedForIsNotWaitedFor) {
  made_.sleeper(10, "poll", "0x1000 0x1 0xffffffffffffffff");
  made_.reads(10, 3, "pipe:[7]");
  made_.seen().memory[10] = std::string("\3\0\0\0\0\0\0\0", 8);
  WaitGraph graph(made_.seen(), made_.seen(), {});
  ASSERT_EQ(graph.questions().size(), 1U);
  EXPECT_EQ(graph.questions()[0].events, 0);
}

TEST_F(Graph, ATaskOfTheTrialThatRunsMaySendTheSignal) {
  full_pipe_with_a_parent_that_waits();
  made_.seen().tasks[11].caught = 1U << (10 - 1);
  options_.signals_are_ours = true;
  options_.scope = {10, 11};
  EXPECT_FALSE(judged().proofs[0].only_a_signal);
  made_.sleeper(12, "nanosleep", "0x1 0x0");
  options_.scope = {10, 11, 12};
  EXPECT_TRUE(judged().proofs[0].only_a_signal);
}

TEST_F(Graph, AGrandchildMayComeToAWaitForAny) {
  full_pipe_with_a_parent_that_waits();
  made_.sleeper(10, "wait4", "0xffffffffffffffff 0x0");
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.sleeper(12, "nanosleep", "0x1 0x0").parent = 11;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AThreadWithATableOfItsOwnMakesANumberMeanTwoFiles) {
  reader_of_its_own_pipe();
  made_.seen().processes[10].split = true;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AHolderWithAnIoUringMayWriteBySomethingThatIsQueued) {
  reader_of_its_own_pipe();
  made_.seen().processes[10].rings = true;
  EXPECT_TRUE(judged().proofs.empty());
}

/// virtiofs has no device, and answers from outside.
TEST_F(Graph, AFuseConnectionWithoutAServerThatIsSeenIsNoOrphan) {
  SeenTask& task = made_.sleeper(10, "read", "0x3 0x0", "request_wait_answer");
  made_.seen().fuse_waiting[40] = 1;
  EXPECT_TRUE(judged().proofs.empty());
  exits_in_fuse(task);
  EXPECT_EQ(judged().proofs.size(), 1U) << "it may have been its own server";
}

TEST_F(Graph, WhileFilesOfAProcessBlockNobodyIsWithoutChildren) {
  full_pipe_with_a_parent_that_waits();
  made_.seen().processes[99].opaque = "a read of its files blocks";
  made_.seen().births["pipe:[7]"] = 1e9;
  EXPECT_TRUE(judged().proofs.empty());
}

/// It may have got the end over a socket; as root, with all others seen, that is left out.
TEST_F(Graph, WithoutPrivilegeAYoungObjectOfAnOpaqueProcessIsStuck) {
  reader_of_its_own_pipe();
  made_.runner(1).parent = 0;
  made_.seen().tasks[1].sample.started = 10;
  made_.seen().processes[1].opaque = "Permission denied";
  made_.seen().births["pipe:[7]"] = 20.0;
  EXPECT_TRUE(judged().proofs.empty());
  options_.births_tell = true;
  EXPECT_EQ(judged().proofs.size(), 1U);
}

TEST_F(Graph, AFifoIsClosedOnlyWhenItHasNoName) {
  made_.sleeper(10, "read", "0x3 0x0", "pipe_read");
  made_.holds(10, 3, ObjectKind::Other, "/run/fifo", true, true);
  EXPECT_TRUE(judged().proofs.empty());
  made_.seen().processes[10].descriptors[0].object = "/run/fifo (deleted)";
  EXPECT_TRUE(judged().proofs.empty()) << "a name may end so";
  made_.seen().processes[10].descriptors[0].object = unlinked_name(5, 77);
  EXPECT_EQ(judged().proofs.size(), 1U);
}

TEST_F(Graph, AnotherHolderOfAnEpollMayAddToIt) {
  made_.sleeper(10, "epoll_wait", "0x4 0x0 0x1 0xffffffffffffffff");
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 5, "pipe:[7]");
  made_.holds(10, 4, ObjectKind::Epoll, "epoll 99", true, true).watched = {{3, 1U, 7}};
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.holds(11, 4, ObjectKind::Epoll, "epoll 99", true, true);
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AProcessThatSharesTheMemoryMayWakeAFutex) {
  made_.sleeper(10, "futex", "0x1000 0x80 0x2 0x0");
  made_.seen().memory[10] = std::string("\2\0\0\0", 4);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().processes[10].shares = {11};
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, TwoEndsOfASocketpairThatBothReadAreADeadlock) {
  made_.sleeper(10, "recvfrom", "0x3 0x0");
  made_.holds(10, 3, ObjectKind::Socket, "socket:[5]", true, true);
  made_.sleeper(11, "recvfrom", "0x3 0x0");
  made_.holds(11, 3, ObjectKind::Socket, "socket:[6]", true, true);
  made_.seen().peers = {{5, 6}, {6, 5}};
  ASSERT_EQ(judged().proofs.size(), 1U);
  made_.seen().peers.clear();
  EXPECT_TRUE(judged().proofs.empty()) << "of a socket to elsewhere nothing is known";
}

TEST_F(Graph, AQuestionWithoutAnAnswerProvesNothing) {
  reader_of_its_own_pipe();
  WaitGraph graph(made_.seen(), made_.seen(), {});
  EXPECT_TRUE(graph.conclude({}, made_.seen()).proofs.empty());
}

TEST_F(Graph, ADeadChildThatIsNotYetReapedWillWakeItsParent) {
  full_pipe_with_a_parent_that_waits();
  made_.sleeper(10, "wait4", "0xffffffffffffffff 0x0");
  SeenTask& dead = made_.thread(12, 12);
  dead.sample.state = 'Z';
  dead.parent = 10;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AHandlerMakesItOneThatOnlyASignalCanEnd) {
  full_pipe_with_a_parent_that_waits();
  made_.seen().tasks[11].caught = 1U << (10 - 1);  // SIGUSR1
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_TRUE(judged().proofs[0].only_a_signal);
  options_.signals_are_ours = true;
  EXPECT_FALSE(judged().proofs[0].only_a_signal);
  options_.signals_are_ours = false;
  made_.seen().tasks[11].blocked = 1U << (10 - 1);
  EXPECT_FALSE(judged().proofs[0].only_a_signal);
}

/// alarm(2) shows nowhere in /proc.
TEST_F(Graph, AHandlerOfSigalrmLeavesItStuckWhoeverSendsSignals) {
  full_pipe_with_a_parent_that_waits();
  options_.signals_are_ours = true;
  made_.seen().tasks[11].caught = 1U << (14 - 1);
  const Diagnosis seen = judged();
  EXPECT_TRUE(seen.proofs.empty());
  EXPECT_EQ(seen.stuck.size(), 2U);
}

TEST_F(Graph, ATaskThatExitsRunsNoHandlerOfATimer) {
  made_.seen().fuse_waiting[40] = 1;
  SeenTask& task = made_.sleeper(10, "close", "0x3 0x0");
  exits_in_fuse(task);
  task.caught = 1U << (10 - 1);
  made_.seen().processes[10].timers_hidden = true;
  EXPECT_EQ(judged().proofs.size(), 1U);
  task.sample.flags = 0;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AChildThatCanGoOnWillWakeAParentThatHandlesSigchld) {
  reader_of_its_own_pipe();
  made_.seen().tasks[10].caught = 1U << (17 - 1);
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.sleeper(11, "nanosleep", "0x1 0x0").parent = 10;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, ATracerCanMakeItGoOn) {
  reader_of_its_own_pipe();
  made_.seen().tasks[10].sample.tracer = 20;
  made_.sleeper(20, "nanosleep", "0x1 0x0");
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AFutexOfOneThreadIsOrphanedAndAChangedWordProvesNothing) {
  made_.sleeper(10, "futex", "0x1000 0x80 0x2 0x0");
  made_.seen().memory[10] = std::string("\2\0\0\0", 4);
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_EQ(judged().proofs[0].kind, ProofKind::Orphaned);
  made_.seen().memory[10] = std::string("\3\0\0\0", 4);
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AFutexThatAThreadWithATimeLimitMayWakeIsNoHang) {
  made_.sleeper(10, "futex", "0x1000 0x80 0x2 0x0");
  made_.seen().memory[10] = std::string("\2\0\0\0", 4);
  SeenTask& dog = made_.thread(10, 11);
  dog.sample.syscall_name = "nanosleep";
  dog.sample.syscall = "35 0x1";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AFuseServerThatWaitsForItselfIsOrphaned) {
  exits_in_fuse(made_.sleeper(10, "", ""));
  made_.holds(10, 3, ObjectKind::FuseDevice, "fuse 40", true, true).connection = 40;
  made_.seen().fuse_waiting[40] = 1;
  EXPECT_EQ(judged().proofs.size(), 1U);
}

TEST_F(Graph, AnotherHolderOfTheFuseDeviceMayAnswer) {
  exits_in_fuse(made_.sleeper(10, "", ""));
  made_.seen().fuse_waiting[40] = 1;
  made_.sleeper(11, "read", "0x3 0x0");
  made_.holds(11, 3, ObjectKind::FuseDevice, "fuse 40", true, true).connection = 40;
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AServerOfAConnectionThatOwesNothingIsNotAsked) {
  exits_in_fuse(made_.sleeper(10, "", ""));
  made_.seen().fuse_waiting = {{40, 1}, {41, 0}};
  made_.sleeper(11, "read", "0x3 0x0");
  made_.holds(11, 3, ObjectKind::FuseDevice, "fuse 41", true, true).connection = 41;
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().processes[11].descriptors[0].connection = 0;  // a kernel that names none
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Graph, AKilledTaskThatStandsStillIsStuckWithThatFact) {
  SeenTask& task = made_.sleeper(10, "read", "0x3 0x0", "some_lock");
  task.sample.state = 'D';
  task.sample.pending = 1U << (9 - 1);
  const Diagnosis seen = judged();
  EXPECT_TRUE(seen.proofs.empty());
  ASSERT_EQ(seen.stuck.size(), 1U);
}

TEST_F(Graph, ACureIsTheLeastThatFrees) {
  full_pipe_with_a_parent_that_waits();
  EXPECT_EQ(judged().proofs[0].cure, "the end of one of them: kill task[10] or task[11]");
  made_.sleeper(12, "nanosleep", "0x1 0x0");
  made_.reads(12, 5, "pipe:[7]");
  EXPECT_EQ(judged(kPollOut).proofs[0].cure.find("stop and continue it"), 0U);
}

TEST_F(Graph, OnlyWhatIsAskedAboutIsTold) {
  reader_of_its_own_pipe();
  options_.scope = {99};
  EXPECT_TRUE(judged().proofs.empty());
}

}  // namespace
}  // namespace hangrate
