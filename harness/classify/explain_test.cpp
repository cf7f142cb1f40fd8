// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is true of every cause; each has its own tests beside its rule, in repros/NAME.

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
