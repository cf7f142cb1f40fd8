// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_resize_stall, from both sides: the traces in which the cause is stated and those of a writer
// that sleeps for another reason.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace hangrate
