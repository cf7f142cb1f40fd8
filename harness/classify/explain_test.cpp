// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every known cause, from both sides: the trace in which it is stated, and the look-alikes in which
// it must not be. Every statement's events must exist and come from the trace it is about.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// pipe_resize_stall

TEST(ExplainPipeResize, StatesTheLostWakeUpAcrossCpus) {
  const Trace trace = stalled_writer().trace();
  const Explanation e = checked_explanation(trace, {kWriter});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "pipe_resize_stall");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("writer slept in pipe_write because the ring was full: 16 of 16"));
  EXPECT_THAT(text,
              HasSubstr("resizer resized the pipe by fcntl(F_SETPIPE_SZ, 1048576) on pipe 7"));
  EXPECT_THAT(text, HasSubstr("inside pipe_resize_ring resizer woke writer while max_usage was "
                              "still 16"));
  EXPECT_THAT(text, HasSubstr("on CPU 1 while resizer was on CPU 0"));
  EXPECT_THAT(text, HasSubstr("rose from 16 to 256 only after the wake-up: 4.000 us later"));
  EXPECT_THAT(text, HasSubstr("nobody has woken writer in the 50002.000 us since, although 240 of "
                              "256 slots were free"));
}

TEST(ExplainPipeResize, StatesThePreemptedResizerOnOneCpu) {
  const Explanation e = checked_explanation(preempted_resizer().trace(), {kWriter});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("on CPU 1 in place of resizer, which was preempted"));
}

/// stalled_writer(), woken before it has left its CPU.
MadeTrace woken_on_its_way_to_sleep(bool leaves_first) {
  MadeTrace made;
  made.task(kWriter, "writer").task(kResizer, "resizer").on(kWriter, 1);
  made.call(kWriter, TracedCall::PipeWrite, kPipe, slots(0, 16));
  made.call(kResizer, TracedCall::PipeFcntl, kPipe, slots(16, 16), kSetPipeSz, 1048576);
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  if (leaves_first) {  // the waker waits until it has
    made.sleep(kWriter, TracedCall::PipeWrite);
    made.run(kWriter);
  }
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 1048576, kPipe, slots(16, 256));
  made.sleep(kWriter, TracedCall::PipeWrite);
  return made;
}

TEST(ExplainPipeResize, StatesAWakeUpThatCameBeforeTheSleep) {
  const Explanation e = checked_explanation(woken_on_its_way_to_sleep(false).trace(), {kWriter});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "pipe_resize_stall");
  EXPECT_THAT(text_of(e), HasSubstr("was about to sleep in pipe_write because the ring was full"));
  EXPECT_THAT(text_of(e), HasSubstr("had not been switched out yet, checked again and slept "
                                    "anyway: max_usage was still 16 when it checked"));
  const Explanation left = checked_explanation(woken_on_its_way_to_sleep(true).trace(), {kWriter});
  ASSERT_EQ(left.causes.size(), 1u);
  EXPECT_THAT(text_of(left), HasSubstr("and slept again"));
}

TEST(ExplainPipeResize, TakesAStateThatWasReadJustBeforeTheRise) {
  Trace trace = woken_on_its_way_to_sleep(true).trace();
  trace.events.back().object = kPipe;
  trace.events.back().pipe = PipeState{
      .head = slots(16, 16).head, .tail = slots(16, 16).tail, .max_usage = 16, .ring_size = 256};
  EXPECT_THAT(cause_names(trace, {kWriter}), ElementsAre("pipe_resize_stall"));
  trace.events.back().pipe->max_usage = 256;
  trace.events.back().pipe->head += 240;  // full by the new limit: it has reason to sleep
  EXPECT_THAT(cause_names(trace, {kWriter}), IsEmpty());
}

TEST(ExplainPipeResize, NotAWakeUpBeforeTheCall) {
  Trace trace = woken_on_its_way_to_sleep(false).trace();
  std::erase_if(trace.events, [](const TraceEvent& event) {
    return event.tid == kWriter && event.kind == TraceKind::Call;
  });
  EXPECT_THAT(cause_names(trace, {kWriter}), IsEmpty());
}

TEST(ExplainPipeResize, StatesWhatTheReaderTookInVain) {
  MadeTrace made = stalled_writer();
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(16, 256));
  PipeState drained = slots(16, 256);
  drained.tail = drained.head;
  made.ret(kReader, TracedCall::PipeRead, 65536, kPipe, drained);
  made.call(kReader, TracedCall::PipeRead, kPipe, drained);
  made.sleep(kReader, TracedCall::PipeRead);
  const Explanation e = checked_explanation(made.trace(), {kWriter, kReader});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("reader took data out once since without waking writer"));
  EXPECT_THAT(text_of(e), HasSubstr("although 256 of 256 slots were free"));
  EXPECT_THAT(text_of(e), HasSubstr("reader waits in pipe_read for data in a pipe"));
}

TEST(ExplainPipeResize, TakesTheRiseFromAnyLaterEvent) {
  MadeTrace made = stalled_writer();
  made.trace().events.pop_back();  // the fcntl has not returned yet
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), IsEmpty());
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(16, 256));
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), ElementsAre("pipe_resize_stall"));
}

TEST(ExplainPipeResize, TakesAStateReadAtTheSecondSleepForWhatTheWriterFound) {
  MadeTrace made = preempted_resizer();
  made[7].pipe = slots(16, 16);  // the second sleep
  made[7].object = kPipe;
  made[9].pipe.reset();  // the return of pipe_resize_ring
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("found 16 slots used and max_usage 16, and slept again"));
}

TEST(ExplainPipeResize, BoundsTheLookOfAWriterThatWasOffItsCpuOnlyAfterTheRise) {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.run(kWriter);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  const std::size_t slept = made.sleep(kWriter, TracedCall::PipeWrite);
  made[slept].pipe = slots(16, 256);
  made[slept].object = kPipe;
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("and slept again: max_usage was still 16 when it checked"));
}

TEST(ExplainPipeResize, NotAWriterThatWasWokenAfterTheRiseAndReturned) {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeFcntl, kPipe, slots(16, 16), kSetPipeSz, 1048576);
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 256));
  made.run(kWriter);
  made.ret(kWriter, TracedCall::PipeWrite, 1048576, kPipe, slots(200, 256));
  EXPECT_TRUE(checked_explanation(made.trace(), {kWriter}).empty());
}

TEST(ExplainPipeResize, NotAWriterThatFilledTheLargerRing) {
  MadeTrace made = full_pipe();  // a mended kernel: the limit is up when pipe_resize_ring returns
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 256));
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), IsEmpty());  // never the old limit after it
  MadeTrace full = stalled_writer();
  full.call(kReader, TracedCall::PipeRead, kPipe, slots(256, 256));
  EXPECT_THAT(cause_names(full.trace(), {kWriter}), IsEmpty());  // it has reason to sleep
}

TEST(ExplainPipeResize, NotAWriterThatNeverGotAWakeUp) {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeFcntl, kPipe, slots(16, 16), kSetPipeSz, 1048576);
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 1048576, kPipe, slots(16, 256));
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  EXPECT_THAT(e.causes, IsEmpty());
  EXPECT_THAT(text_of(e),
              HasSubstr("writer waits in pipe_write for room in a pipe (last seen: 16 of 256"));
  EXPECT_THAT(text_of(e), HasSubstr("enters fcntl(F_SETPIPE_SZ, 1048576)"));
}

TEST(ExplainPipeResize, NotAWakeUpFromElsewhere) {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeResize, kPipe, slots(16, 16), 0, 256);
  made.wake(kReader, kWriter);
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  made.ret(kResizer, TracedCall::PipeResize, 0, kPipe, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 0, kPipe, slots(16, 256));
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), IsEmpty());
}

TEST(ExplainPipeResize, NotTheResizeOfAnotherPipe) {
  MadeTrace made = full_pipe();
  made.call(kResizer, TracedCall::PipeResize, 8, slots(16, 16), 0, 256);
  made.wake(kResizer, kWriter);
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  made.ret(kResizer, TracedCall::PipeResize, 0, 8, slots(16, 16));
  made.ret(kResizer, TracedCall::PipeFcntl, 0, 8, slots(16, 256));
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), IsEmpty());
}

TEST(ExplainPipeResize, NotAWriterThatWasWokenOnceMore) {
  MadeTrace made = stalled_writer();
  made.wake(kReader, kWriter);
  made.run(kWriter);
  made.sleep(kWriter, TracedCall::PipeWrite);
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), IsEmpty());
}

TEST(ExplainPipeResize, NotAStoppedWriter) {
  MadeTrace made = stalled_writer();
  made[made.trace().events.size() - 3].state = 'T';
  EXPECT_TRUE(checked_explanation(made.trace(), {kWriter}).empty());
}

// pipe_full_child

TEST(ExplainPipeChild, StatesThatParentAndChildWaitForEachOther) {
  const Explanation e = checked_explanation(full_child().trace(), {kParent, kChild});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "pipe_full_child");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("child sleeps in pipe_write because the ring is full: 16 of 16"));
  EXPECT_THAT(text, HasSubstr("parent forked child"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "parent sleeps in do_wait; child is its only child in the trace that has not exited"));
  EXPECT_THAT(text,
              HasSubstr("the trace has no read of the pipe in the 50000.000 us since, nor any"));
}

TEST(ExplainPipeChild, TakesTheWordOfTheReproducerForAForkBeforeTheWindow) {
  MadeTrace made = full_child();
  made.trace().events.erase(made.trace().events.begin(), made.trace().events.begin() + 2);
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  made.trace().tasks[1].role = "";
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, NotAParentWhoseChildRuns) {
  MadeTrace made = full_child();
  made.wake(kReader, kChild);
  made.run(kChild);
  const Explanation e = checked_explanation(made.trace(), {kParent});
  EXPECT_THAT(e.causes, IsEmpty());
  EXPECT_THAT(text_of(e), HasSubstr("it forked child, which was last seen running or runnable"));
}

TEST(ExplainPipeChild, NotASlowReader) {
  MadeTrace made;
  made.task(kReader, "reader");
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(1, 16));
  made.ret(kReader, TracedCall::PipeRead, 100, kPipe, slots(1, 16));
  MadeTrace whole = full_child();
  for (TraceEvent event : whole.trace().events) made.add(event);
  for (const TraceTask& task : whole.trace().tasks) made.task(task.tid, task.role, task.pid);
  for (TraceEvent& event : made.trace().events) {
    if (event.pid == 0) event.pid = event.tid;
  }
  const Explanation e = checked_explanation(made.trace(), {kParent, kChild});
  EXPECT_THAT(e.causes, IsEmpty());
  EXPECT_THAT(text_of(e), HasSubstr("last read by reader"));
}

TEST(ExplainPipeChild, NotAPipeThatIsBeingRead) {
  MadeTrace made = full_child();
  made.call(kReader, TracedCall::PipeRead, kPipe, slots(16, 16));
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, NotAPipeWithRoom) {
  MadeTrace made = full_child();
  made.call(kResizer, TracedCall::PipeRelease, kPipe, slots(3, 16));
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

/// The kernel had skipped the program of the call; the sleep knows the pipe by the registers.
TEST(ExplainPipeChild, NeedsNoCallWhereTheSleepKnowsItsPipe) {
  MadeTrace whole = full_child();
  Trace trace = whole.trace();
  const std::size_t call = trace.events.size() - 2;
  ASSERT_EQ(trace.events[call].kind, TraceKind::Call);
  trace.events.erase(trace.events.begin() + static_cast<std::ptrdiff_t>(call));
  EXPECT_THAT(cause_names(trace, {kParent, kChild}), IsEmpty()) << "which pipe is not known";
  trace.events.back().object = kPipe;
  trace.events.back().pipe = slots(16, 16);
  EXPECT_THAT(cause_names(trace, {kParent, kChild}), ElementsAre("pipe_full_child"));
  trace.events.back().pipe = slots(15, 16);
  EXPECT_THAT(cause_names(trace, {kParent, kChild}), IsEmpty()) << "the ring has room";
}

/// full_child() with something in front of event `at`.
MadeTrace full_child_with(std::size_t at, const std::function<void(MadeTrace&)>& more) {
  MadeTrace whole = full_child();
  MadeTrace made;
  for (const TraceTask& task : whole.trace().tasks) made.task(task.tid, task.role, task.pid);
  for (std::size_t i = 0; i < whole.trace().events.size(); ++i) {
    if (i == at) more(made);
    made.add(whole[i]);
  }
  return made;
}

TEST(ExplainPipeChild, NotIfAThirdProcessMayHoldTheReadEnd) {
  constexpr int kThird = 777;
  for (const int maker : {kWorker, kParent, kChild}) {
    MadeTrace made = full_child_with(2, [&](MadeTrace& m) { m.fork(maker, kThird); });
    EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty()) << maker;
    made.exit(kThird);
    EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  }
  MadeTrace older = full_child();
  older.task(kReader, "reader");
  older.sleep(kReader, TracedCall::None);
  EXPECT_THAT(cause_names(older.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, AStrangerThatOnlyWokeSomebodyIsNoThirdProcess) {
  MadeTrace made = full_child_with(2, [](MadeTrace& m) { m.wake(55, kChild); });
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
}

TEST(ExplainPipeChild, NotAPipeWhoseTailMovedUnseen) {
  MadeTrace made = full_child();
  PipeState drained = slots(16, 16);
  made[7].pipe = drained;
  made[7].object = kPipe;
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  drained.head += 2;
  drained.tail += 2;  // spliced out, and filled again
  made[7].pipe = drained;
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, AResizeMovesTheTailWithoutAReader) {
  const PipeState moved = {.head = 16, .tail = 0, .max_usage = 16, .ring_size = 16};
  const auto resized_by = [&](std::int64_t command, bool ring) {
    MadeTrace made = full_child_with(6, [&](MadeTrace& m) {
      m.call(kParent, TracedCall::PipeFcntl, kPipe, slots(16, 16), command, 65536);
      if (ring) m.call(kParent, TracedCall::PipeResize, kPipe, std::nullopt, 0, 16);
      if (ring) m.ret(kParent, TracedCall::PipeResize, 0, kPipe);
      m.ret(kParent, TracedCall::PipeFcntl, 65536, kPipe);
      m.call(kParent, TracedCall::WaitChild);
      m.sleep(kParent, TracedCall::WaitChild);
    });
    made[made.trace().events.size() - 2].pipe = moved;  // as the child enters its last write
    return cause_names(made.trace(), {kParent, kChild});
  };
  EXPECT_THAT(resized_by(kSetPipeSz, true), ElementsAre("pipe_full_child"));
  EXPECT_THAT(resized_by(kSetPipeSz, false), ElementsAre("pipe_full_child"));
  EXPECT_THAT(resized_by(1032, false), IsEmpty());  // F_GETPIPE_SZ moves nothing
}

TEST(ExplainPipeChild, NotWhereReadsAreNotTraced) {
  MadeTrace made = full_child();
  made.trace().absent = {"pipe_readv: no such hook", "pipe_wait_readable: pipe_read is there"};
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  made.trace().absent = {"pipe_read: refused"};
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, NotAParentThatSleepsElsewhereInsideItsWait) {
  MadeTrace made = full_child();
  made[3].call = TracedCall::P9Rpc;  // a page fault, say
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, NotAWaiterOlderThanTheWindowThatNobodyNamed) {
  MadeTrace made = full_child();
  made.trace().tasks[1].role = "";
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  made.trace().events.erase(made.trace().events.begin());  // its other children may be older, too
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

TEST(ExplainPipeChild, AThreadOfTheParentIsNoChildOfIt) {
  MadeTrace made;
  made.task(kParent, "parent").task(kChild, "child");
  made.add({.tid = kParent, .kind = TraceKind::Fork, .other = 777, .value = kParent});
  MadeTrace whole = full_child();
  for (const TraceEvent& event : whole.trace().events) {
    if (event.other != kParent) made.add(event);
  }
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
}

TEST(ExplainPipeChild, NotAParentThatMayWaitForAnotherChild) {
  MadeTrace made;
  made.task(kParent, "parent").task(kChild, "child");
  made.fork(kParent, 777);
  const MadeTrace whole = full_child();
  MadeTrace copy = whole;
  for (const TraceEvent& event : copy.trace().events) made.add(event);
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
  made.add({.tid = 777, .pid = 777, .kind = TraceKind::Exit});
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
}

TEST(ExplainPipeChild, NotASleeperWhoseStackIsElsewhere) {
  MadeTrace parent = full_child();
  parent[3].stack = {"futex_do_wait", "__futex_wait", "futex_wait"};
  const Explanation e = checked_explanation(parent.trace(), {kParent, kChild});
  EXPECT_THAT(e.causes, IsEmpty());
  EXPECT_THAT(text_of(e), HasSubstr("parent sleeps in futex_do_wait < __futex_wait"));
  EXPECT_THAT(text_of(e), HasSubstr("parent sleeps, state S\n"));
  EXPECT_THAT(text_of(e), ::testing::Not(HasSubstr("waits in do_wait")));
  MadeTrace child = full_child();
  child[7].stack = {"futex_do_wait"};
  EXPECT_THAT(cause_names(child.trace(), {kParent, kChild}), IsEmpty());
  child[7].stack = {"anon_pipe_write", "vfs_write"};
  EXPECT_THAT(cause_names(child.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
}

TEST(ExplainPipeChild, NotAStateReadThroughAnOldPointer) {
  MadeTrace made = full_child();
  made[6].pipe = slots(3, 16);  // not full: the sleep below is all that says it is
  const std::size_t slept = made.sleep(kReader, TracedCall::PipeWrite);
  made[slept].object = kPipe;
  made[slept].pipe = slots(16, 16);
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  made[slept].stack = {"futex_do_wait"};
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), IsEmpty());
}

// all of them

TEST(Explain, LostEventsLeaveTheTimelineAndTakeTheCause) {
  for (MadeTrace made : {stalled_writer(), full_child(), self_held_daemon()}) {
    made.trace().lost = 1;
    const Explanation e = checked_explanation(made.trace(), {kWriter, kParent, kChild, kHolder});
    EXPECT_THAT(e.causes, IsEmpty());
    EXPECT_FALSE(e.timeline.empty());
    EXPECT_THAT(text_of(e), HasSubstr("1 event was lost in the window: no cause is stated"));
  }
}

TEST(Explain, RunsThatTheKernelSkippedAreToldAndTakeNoCause) {
  MadeTrace made = stalled_writer();
  EXPECT_THAT(text_of(checked_explanation(made.trace(), {kWriter})), Not(HasSubstr("skipped")));
  made.trace().skipped = 3;
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  EXPECT_EQ(e.causes.size(), 1u);
  EXPECT_THAT(text_of(e), HasSubstr("the kernel skipped 3 runs of the recorder's programs"));
}

TEST(Explain, TwoHangsInOneTraceKeepTheirOwnCauses) {
  MadeTrace made = stalled_writer();
  for (TraceTask& task : made.trace().tasks) task.role = "";  // else they might read the other pipe
  MadeTrace other = full_child();
  for (const TraceTask& task : other.trace().tasks) made.task(task.tid, task.role, task.pid);
  for (TraceEvent event : other.trace().events) {
    if (event.object == kPipe) event.object = 8;
    made.add(event);
  }
  EXPECT_THAT(cause_names(made.trace(), {kWriter}), ElementsAre("pipe_resize_stall"));
  EXPECT_THAT(cause_names(made.trace(), {kParent, kChild}), ElementsAre("pipe_full_child"));
  EXPECT_THAT(cause_names(made.trace(), {kWriter, kChild}),
              ElementsAre("pipe_resize_stall", "pipe_full_child"));
}

/// Events whose absence leaves the cause: they only add to it.
struct Whole {
  MadeTrace made;
  std::vector<std::size_t> more;
};

TEST(Explain, ACauseIsNotStatedIfOneDecidingEventIsMissing) {
  const Whole traces[] = {{stalled_writer(), {2}},       // the fcntl around the resize
                          {full_child(), {0, 1, 4, 5}},  // forks: the roles tell; a write before
                          {self_held_daemon(), {0, 1, 2, 3}}};  // how it came about, who killed it
  const std::vector<int> victims = {kWriter, kParent, kChild, kHolder};
  for (const Whole& trace : traces) {
    MadeTrace made = trace.made;
    for (std::size_t i = 0; i < made.trace().events.size(); ++i) {
      Trace part = made.trace();
      part.events.erase(part.events.begin() + static_cast<std::ptrdiff_t>(i));
      const bool only_more = std::find(trace.more.begin(), trace.more.end(), i) != trace.more.end();
      EXPECT_EQ(cause_names(part, victims).size(), only_more ? 1u : 0u)
          << "without event " << i << " of " << cause_names(made.trace(), victims).front();
    }
  }
}

TEST(Explain, ARingThatWrappedIsNoMissingHook) {
  MadeTrace made = stalled_writer();
  made.trace().absent = {"p9_client_rpc: no such function",
                         "the ring of CPU 0 begins after the trial",
                         "the ring of CPU 2 begins after the trial"};
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  EXPECT_THAT(e.notes, ElementsAre("not traced on this kernel: p9_client_rpc",
                                   "the recorder's memory was too small: the ring of CPU 0 begins "
                                   "after the trial, the ring of CPU 2 begins after the trial"));
}

TEST(Explain, SaysWhichVictimTheTraceHasNothingOf) {
  Observation seen = seen_with(stalled_writer().trace(), {kWriter, kReader});
  EXPECT_THAT(explain(seen, hang_verdict(), {}).notes,
              ElementsAre("the trace has no event of reader (103)"));
  seen = seen_with(stalled_writer().trace(), {kReader});
  EXPECT_TRUE(explain(seen, hang_verdict(), {}).empty());
  EXPECT_EQ(why_unexplained(seen, hang_verdict()), "the trace has no event of reader (103)");
  MadeTrace running = stalled_writer();
  running.run(kWriter);
  seen = seen_with(running.trace(), {kWriter});
  EXPECT_EQ(why_unexplained(seen, hang_verdict()), "no victim is asleep at the end of the trace");
  EXPECT_EQ(why_unexplained(seen, Verdict{}), "only a proven hang is explained");
}

TEST(Explain, WhatIsNoHangHasNoExplanation) {
  const Observation seen = seen_with(stalled_writer().trace(), {kWriter});
  for (const Outcome outcome :
       {Outcome::Clean, Outcome::Slow, Outcome::Inconclusive, Outcome::Anomaly, Outcome::Infra}) {
    Verdict verdict;
    verdict.outcome = outcome;
    EXPECT_TRUE(explain(seen, verdict, {}).empty());
  }
  Observation untraced = seen;
  untraced.trace.reset();
  EXPECT_EQ(explain(untraced, hang_verdict(), {}), Explanation{});
  EXPECT_EQ(checked_explanation(Trace{}, {kWriter}), Explanation{});
}

TEST(Explain, AnUnknownShapeGetsItsTimelineAndNoCause) {
  MadeTrace made;
  made.task(kWriter, "", 0, "dd");
  made.call(kWriter, TracedCall::P9Rpc);
  const std::size_t slept = made.sleep(kWriter, TracedCall::P9Rpc, 'K');
  made[slept].stack = {"p9_client_rpc", "p9_client_walk"};
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  EXPECT_THAT(e.causes, IsEmpty());
  ASSERT_EQ(e.timeline.size(), 2u);
  EXPECT_EQ(e.timeline[1].at, kMicro);
  EXPECT_EQ(e.timeline[0].who, "dd (101)");
  EXPECT_THAT(text_of(e), HasSubstr("dd (101) waits for the answer of a 9p server"));
}

TEST(Explain, ALongHistoryIsCutFromTheOldEndAndSaysSo) {
  MadeTrace made;
  made.task(kWriter, "writer");
  for (int i = 0; i < 60; ++i) made.signal(kWorker, kWriter, 10);
  made.call(kWriter, TracedCall::PipeRead, kPipe);
  const std::size_t slept = made.sleep(kWriter, TracedCall::PipeRead);
  const Explanation e = checked_explanation(made.trace(), {kWriter});
  EXPECT_EQ(e.timeline.size(), 40u);
  EXPECT_EQ(e.left_out, 22u);
  EXPECT_EQ(e.timeline.back().event, slept);
}

}  // namespace
}  // namespace hangrate
