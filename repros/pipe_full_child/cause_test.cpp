// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_full_child, from both sides: the traces in which the cause is stated and those of a parent
// or a reader that may still go on.
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

}  // namespace
}  // namespace hangrate
