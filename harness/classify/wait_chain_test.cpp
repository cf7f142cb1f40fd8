// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who waits for whom, and no more than was seen: what a task waits for by its state and its stack,
// what the others did by their events.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"
#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// What the chain says of `tid`.
std::string told(const Trace& trace, int tid) {
  const Explanation e = checked_explanation(trace, {tid});
  return e.chain.empty() ? "" : e.chain.front().text;
}

/// A reader in pipe_read of an empty pipe.
Trace reader_in(char state, const std::vector<std::string>& stack) {
  MadeTrace made;
  made.task(kReader, "reader");
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(0, 16));
  const std::size_t slept = made.sleep(kReader, TracedCall::PipeRead, state);
  made[slept].stack = stack;
  return made.trace();
}

TEST(WaitChain, ASleepThatASignalEndsIsForData) {
  for (const auto& stack : {std::vector<std::string>{}, {"anon_pipe_read", "vfs_read"}}) {
    EXPECT_EQ(told(reader_in('S', stack), kReader),
              "reader waits in pipe_read for data in a pipe (last seen: 0 of 16 slots used); no "
              "other task writes to it in the trace; asleep for 50000.000 us");
  }
}

TEST(WaitChain, AnUninterruptibleSleepInAPipeIsForALockAndNotForData) {
  const std::string text = told(reader_in('D', {"anon_pipe_read", "vfs_read"}), kReader);
  EXPECT_EQ(
      text,
      "reader waits uninterruptibly inside pipe_read (state D: for a lock, not for data) "
      "(last seen: 0 of 16 slots used); the trace does not show who holds the lock; asleep for "
      "50000.000 us");
  MadeTrace writer = full_pipe();
  writer[1].state = 'D';
  writer[1].stack = {"pipe_write", "vfs_write"};
  EXPECT_THAT(told(writer.trace(), kWriter),
              HasSubstr("uninterruptibly inside pipe_write (state D: for a lock, not for room)"));
}

TEST(WaitChain, WithoutItsStackAnUninterruptibleSleepIsOnlyNotForData) {
  const std::string text = told(reader_in('D', {}), kReader);
  EXPECT_THAT(text, HasSubstr("waits uninterruptibly inside pipe_read (state D: not for data)"));
  EXPECT_THAT(text, Not(HasSubstr("lock")));
  EXPECT_THAT(
      told(reader_in('D', {"folio_wait_bit_common", "filemap_fault", "pipe_read"}), kReader),
      HasSubstr("(state D: not for data): folio_wait_bit_common < filemap_fault"));
}

TEST(WaitChain, AStateThatFitsNothingIsOnlyASleep) {
  EXPECT_THAT(told(reader_in('I', {}), kReader),
              HasSubstr("reader sleeps inside pipe_read (state I)"));
  EXPECT_THAT(told(reader_in('S', {"handle_userfault", "pipe_read"}), kReader),
              HasSubstr("sleeps inside pipe_read (state S): handle_userfault < pipe_read"));
  MadeTrace made;
  made.task(kWriter, "writer");
  made.call(kWriter, TracedCall::P9Rpc);
  made.sleep(kWriter, TracedCall::P9Rpc, 'D');
  EXPECT_THAT(told(made.trace(), kWriter), HasSubstr("sleeps inside p9_client_rpc (state D)"));
  made[1].state = 'K';
  EXPECT_THAT(told(made.trace(), kWriter), HasSubstr("waits for the answer of a 9p server"));
}

/// As explain() has it of a reader that /proc saw as well.
std::string told_with(const Trace& trace, char state, const std::vector<std::string>& stack,
                      Nanos when) {
  Observation seen = seen_with(trace, {kReader});
  SampleSet& samples = seen.rounds.back().after;
  samples.when = when;
  samples.tasks[0].state = state;
  samples.tasks[0].stack = stack;
  return explain(seen, hang_verdict(), {}).chain.front().text;
}

TEST(WaitChain, TakesTheStackOfProcWhereTheRecorderSawNone) {
  const Trace trace = reader_in('D', {});
  const std::vector<std::string> stack = {"anon_pipe_read", "vfs_read"};
  EXPECT_THAT(told_with(trace, 'D', stack, trace.until), HasSubstr("for a lock, not for data"));
  const Nanos before = trace.events.back().when - 1;  // of another sleep
  EXPECT_THAT(told_with(trace, 'D', stack, before), HasSubstr("(state D: not for data)"));
  EXPECT_THAT(told_with(trace, 'D', {"futex_do_wait"}, trace.until),
              HasSubstr("reader sleeps in futex_do_wait"));
}

TEST(WaitChain, SaysWhereTraceAndProcDoNotAgree) {
  const Trace trace = reader_in('S', {});
  EXPECT_THAT(told_with(trace, 'D', {}, trace.until),
              HasSubstr("reader sleeps inside pipe_read (state S in the trace, D in /proc)"));
  EXPECT_THAT(told_with(trace, 'S', {}, trace.until), HasSubstr("for data"));
  EXPECT_THAT(told_with(trace, 'D', {}, trace.events.back().when - 1), HasSubstr("for data"));
  const Trace killable = reader_in('K', {});  // which /proc calls D
  EXPECT_THAT(told_with(killable, 'D', {}, killable.until),
              HasSubstr("inside pipe_read (state K)"));
}

TEST(WaitChain, ALockIsToldWithWhoIsInsideTheSamePipe) {
  MadeTrace made;
  made.task(kReader, "reader").task(kWriter, "writer").task(kResizer, "resizer");
  made.call(kWriter, TracedCall::PipeWrite, kPipe, slots(3, 16));
  made.sleep(kWriter, TracedCall::PipeWrite, 'D');
  made.call(kResizer, TracedCall::PipeFcntl, 8);
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(3, 16));
  const std::size_t slept = made.sleep(kReader, TracedCall::PipeRead, 'D');
  made[slept].stack = {"pipe_read", "vfs_read"};
  const Explanation e = checked_explanation(made.trace(), {kReader});
  ASSERT_EQ(e.chain.size(), 2u);
  EXPECT_THAT(e.chain[0].text, HasSubstr("; writer is inside pipe_write on it and is asleep in "
                                         "pipe_write; the trace does not show who holds the lock"));
  EXPECT_THAT(e.chain[0].text, Not(HasSubstr("resizer")));  // it is at another pipe
}

TEST(WaitChain, AFlushWaitsForAnAnswerOnlyWhereThatWaitWasSeen) {
  MadeTrace made;
  made.task(kHeir, "client");
  made.call(kHeir, TracedCall::FuseFlush);
  const std::size_t slept = made.sleep(kHeir, TracedCall::FuseFlush, 'D');
  EXPECT_THAT(told(made.trace(), kHeir), HasSubstr("client sleeps inside fuse_flush (state D)"));
  made[slept].stack = {"request_wait_answer", "fuse_flush"};
  EXPECT_THAT(told(made.trace(), kHeir), HasSubstr("client waits for the answer"));
}

TEST(WaitChain, TheRequestIsTheOneQueuedRightBeforeTheWait) {
  const auto wait = [](bool others) {
    MadeTrace made;
    made.task(kHeir, "client");
    made.fuse_send(kHeir, 5, 16);
    if (others) made.call(kHeir, TracedCall::PipeWrite, kPipe);
    if (others) made.ret(kHeir, TracedCall::PipeWrite, 1, kPipe);
    made.call(kHeir, TracedCall::FuseWait);
    made.sleep(kHeir, TracedCall::FuseWait, 'D');
    return told(made.trace(), kHeir);
  };
  EXPECT_THAT(wait(false), HasSubstr("waits for the answer of FUSE request 5, WRITE"));
  EXPECT_THAT(wait(true), HasSubstr("waits for the answer; asleep"));
}

TEST(WaitChain, ASpliceFollowedByItsSystemCallMayWaitForTheOtherFile) {
  MadeTrace made;
  made.task(kWriter, "splicer");
  made.call(kWriter, TracedCall::PipeSplice, kPipe, slots(0, 16), 1);
  const std::size_t slept = made.sleep(kWriter, TracedCall::PipeSplice);
  EXPECT_THAT(told(made.trace(), kWriter), HasSubstr("waits in a splice for a pipe"));
  made.trace().absent = {"pipe_wait_writable: refused", "pipe_wait_readable: refused"};
  EXPECT_THAT(told(made.trace(), kWriter), HasSubstr("sleeps inside pipe_splice (state S)"));
  made[slept].stack = {"pipe_wait_writable", "splice_to_pipe"};
  EXPECT_THAT(told(made.trace(), kWriter), HasSubstr("waits in a splice for a pipe"));
}

TEST(WaitChain, DoesNotSayThatNobodyDidWhatWasNotTraced) {
  Trace trace = reader_in('S', {});
  trace.absent = {"pipe_write: refused"};
  EXPECT_THAT(told(trace, kReader), HasSubstr("; writes were not traced"));
  trace.absent = {"pipe_read: refused"};
  EXPECT_THAT(told(trace, kReader), HasSubstr("no other task writes to it in the trace"));
}

TEST(WaitChain, WhoIsStoppedIsNotRunningAndWhoBeginsToExitHasNotExited) {
  const auto parent_of = [](const std::function<void(MadeTrace&)>& more) {
    MadeTrace made;
    made.task(kParent, "parent").task(kChild, "child");
    made.fork(kParent, kChild);
    made.call(kParent, TracedCall::WaitChild);
    made.sleep(kParent, TracedCall::WaitChild);
    more(made);
    return told(made.trace(), kParent);
  };
  EXPECT_THAT(parent_of([](MadeTrace& m) { m.sleep(kChild, TracedCall::None, 'T'); }),
              HasSubstr("child, which was last switched out in state T;"));
  EXPECT_THAT(parent_of([](MadeTrace& m) { m.run(kChild); }),
              HasSubstr("child, which was last seen running or runnable;"));
  EXPECT_THAT(parent_of([](MadeTrace& m) { m.exit(kChild); }),
              HasSubstr("child, which has begun to exit;"));
  EXPECT_THAT(parent_of([](MadeTrace& m) {
                m.exit(kChild);
                m.sleep(kChild, TracedCall::None, 'X');
              }),
              HasSubstr("child, which has exited;"));
}

// What the causes ask of the same states.

TEST(WaitChain, NoCauseIsStatedOfASleepThatIsForALock) {
  for (const auto& [made, victims] : {std::pair{stalled_writer(), std::vector<int>{kWriter}},
                                      std::pair{preempted_resizer(), std::vector<int>{kWriter}},
                                      std::pair{full_child(), std::vector<int>{kParent, kChild}}}) {
    EXPECT_EQ(cause_names(MadeTrace(made).trace(), victims).size(), 1u);
    for (std::size_t i = 0; i < MadeTrace(made).trace().events.size(); ++i) {
      MadeTrace other = made;
      if (other[i].kind != TraceKind::Sleep) continue;
      other[i].state = 'D';
      EXPECT_THAT(cause_names(other.trace(), victims), IsEmpty()) << "sleep " << i;
    }
  }
  MadeTrace flush = self_held_daemon();
  flush[flush.trace().events.size() - 1].state = 'K';
  EXPECT_EQ(cause_names(flush.trace(), {kHolder}).size(), 1u);
  flush[flush.trace().events.size() - 1].state = 'I';
  EXPECT_THAT(cause_names(flush.trace(), {kHolder}), IsEmpty());
}

TEST(WaitChain, NoCauseIsStatedWhereTraceAndProcDoNotAgree) {
  Observation seen = seen_with(stalled_writer().trace(), {kWriter});
  EXPECT_EQ(explain(seen, hang_verdict(), {}).causes.size(), 1u);
  seen.rounds.back().after.tasks[0].state = 'D';
  EXPECT_THAT(explain(seen, hang_verdict(), {}).causes, IsEmpty());
}

TEST(WaitChain, ReadsOfSeveralAreNotToldAsThoseOfTheLast) {
  MadeTrace made = stalled_writer();
  PipeState state = slots(16, 256);
  for (const int reader : {kReader, kParent}) {
    made.call(reader, TracedCall::PipeRead, kPipe, state);
    ++state.tail;
    made.ret(reader, TracedCall::PipeRead, 4096, kPipe, state);
  }
  EXPECT_THAT(
      text_of(checked_explanation(made.trace(), {kWriter})),
      HasSubstr("data was taken out 2 times, last by task 201, since without waking writer"));
}

}  // namespace
}  // namespace hangrate
