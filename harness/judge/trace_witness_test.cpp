// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/trace_witness.h"

#include <chrono>

#include <gtest/gtest.h>

#include "harness/judge/trial_verdict.h"
#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using testing::kChild;
using testing::kParent;
using testing::kReader;
using testing::kWriter;
using testing::MadeTrace;
using testing::seen_with;

WitnessState state_of(MadeTrace& made, const std::vector<int>& victims = {kWriter}) {
  return trace_witness(seen_with(made.trace(), victims)).state;
}

TEST(TraceWitness, ConfirmsAVictimThatNobodyWokeSinceItSlept) {
  MadeTrace made = testing::stalled_writer();
  const TraceWitness witness = trace_witness(seen_with(made.trace(), {kWriter}));
  EXPECT_EQ(witness.state, WitnessState::Confirms);
  EXPECT_NE(witness.text.find("writer is asleep in pipe_write"), std::string::npos) << witness.text;
}

TEST(TraceWitness, DoesNotNameACallThatTheStackSpeaksAgainst) {
  MadeTrace made = testing::full_child();
  made[3].stack = {"futex_do_wait", "__futex_wait"};
  const TraceWitness witness = trace_witness(seen_with(made.trace(), {kParent}));
  EXPECT_EQ(witness.state, WitnessState::Confirms);
  EXPECT_NE(witness.text.find("parent is asleep for"), std::string::npos) << witness.text;
}

TEST(TraceWitness, AWakeUpAfterTheLastSleepContradicts) {
  MadeTrace made = testing::stalled_writer();
  made.wake(kReader, kWriter);
  const TraceWitness witness = trace_witness(seen_with(made.trace(), {kWriter}));
  EXPECT_EQ(witness.state, WitnessState::Contradicts);
  EXPECT_NE(witness.text.find("woken by reader"), std::string::npos) << witness.text;
}

TEST(TraceWitness, AVictimOnACpuContradicts) {
  MadeTrace made = testing::stalled_writer();
  made.run(kWriter);
  EXPECT_EQ(state_of(made), WitnessState::Contradicts);
  MadeTrace never;
  never.task(kWriter, "writer").run(kWriter);
  EXPECT_EQ(state_of(never), WitnessState::Contradicts);
}

TEST(TraceWitness, AStoppedVictimContradicts) {
  MadeTrace made;
  made.task(kWriter, "writer").sleep(kWriter, TracedCall::None, 'T');
  EXPECT_EQ(state_of(made), WitnessState::Contradicts);
}

TEST(TraceWitness, WhatTheRescueDidIsNoContradiction) {
  MadeTrace made = testing::stalled_writer();
  made.after(20 * kMilli).wake(kReader, kWriter);
  Observation seen = seen_with(made.trace(), {kWriter});
  seen.climbs = {{.rung = Rung::StopContinue,
                  .when = made.trace().events.back().when - kMilli,
                  .took = 1,
                  .effect = Effect::Freed}};
  EXPECT_EQ(trace_witness(seen).state, WitnessState::Confirms);
  seen.climbs[0].when = made.trace().events.back().when + kMilli;
  EXPECT_EQ(trace_witness(seen).state, WitnessState::Contradicts);
}

TEST(TraceWitness, LostEventsMakeItSilentWhateverElseItSays) {
  MadeTrace made = testing::stalled_writer();
  made.trace().lost = 2;
  EXPECT_EQ(state_of(made), WitnessState::Silent);
  made.wake(kReader, kWriter);
  const TraceWitness witness = trace_witness(seen_with(made.trace(), {kWriter}));
  EXPECT_EQ(witness.state, WitnessState::Silent);
  EXPECT_NE(witness.text.find("lost 2 events"), std::string::npos) << witness.text;
}

TEST(TraceWitness, IsSilentAboutAVictimItDoesNotKnow) {
  MadeTrace made = testing::stalled_writer();
  EXPECT_EQ(state_of(made, {kWriter, 4711}), WitnessState::Silent);
  MadeTrace empty;
  EXPECT_EQ(state_of(empty), WitnessState::Silent);
  EXPECT_EQ(state_of(made, {}), WitnessState::Silent);
}

TEST(TraceWitness, ConfirmsOnlyIfEveryVictimSleeps) {
  MadeTrace made = testing::full_child();
  EXPECT_EQ(state_of(made, {kParent, kChild}), WitnessState::Confirms);
  made.wake(kReader, kParent);
  EXPECT_EQ(state_of(made, {kChild, kParent}), WitnessState::Contradicts);
}

TEST(TraceWitness, IsSilentWhereWakeUpsOrSwitchesAreNotTraced) {
  for (const char* hook : {"sched_waking", "sched_switch"}) {
    MadeTrace made = testing::stalled_writer();
    made.trace().absent = {std::string(hook) + ": refused"};
    const TraceWitness witness = trace_witness(seen_with(made.trace(), {kWriter}));
    EXPECT_EQ(witness.state, WitnessState::Silent);
    EXPECT_EQ(witness.text,
              std::string(hook) +
                  " was not traced (refused), so the trace cannot show that nobody woke "
                  "the victim");
  }
  MadeTrace made = testing::stalled_writer();
  made.trace().absent = {"do_wait: no sched_waking here"};
  EXPECT_EQ(state_of(made), WitnessState::Confirms);
}

TEST(TraceWitness, NamesAVictimItDoesNotKnowByItsRole) {
  MadeTrace made = testing::stalled_writer();
  Observation seen = seen_with(made.trace(), {kWriter, 4711});
  seen.rounds[0].after.tasks[1].role = "helper";
  EXPECT_EQ(trace_witness(seen).text, "the trace has no event of helper (4711)");
}

/// 1,000 victims x 40,000 events took 10.7 s when every victim read the trace anew.
TEST(TraceWitness, ReadsATraceOnceForAllVictims) {
  MadeTrace made;
  std::vector<int> victims;
  for (int tid = 1000; tid < 2000; ++tid) {
    victims.push_back(tid);
    for (int i = 0; i < 19; ++i) {
      made.call(tid, TracedCall::WaitChild);
      made.ret(tid, TracedCall::WaitChild);
    }
    made.call(tid, TracedCall::WaitChild);
    made.sleep(tid, TracedCall::WaitChild);
  }
  const Observation seen = seen_with(made.trace(), victims);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(trace_witness(seen).state, WitnessState::Confirms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

Variant writer_variant() {
  Variant variant;
  variant.signatures = {{.role = "writer", .states = "S", .wchans = {"pipe_write"}}};
  return variant;
}

TEST(TrialVerdict, ATraceThatConfirmsIsOneReasonMore) {
  const Observation with = seen_with(testing::stalled_writer().trace(), {kWriter});
  Observation without = with;
  without.trace.reset();
  const Verdict plain = judge_trial(without, writer_variant());
  const Verdict traced = judge_trial(with, writer_variant());
  ASSERT_EQ(plain.outcome, Outcome::Hang);
  EXPECT_EQ(traced.outcome, Outcome::Hang);
  EXPECT_EQ(traced.signature, SignatureMatch::Match);
  EXPECT_EQ(traced.rule, plain.rule);
  EXPECT_EQ(traced.because.size(), plain.because.size() + 1);
  EXPECT_EQ(traced.hints, plain.hints);
}

TEST(TrialVerdict, ATraceThatContradictsTakesTheProofAway) {
  MadeTrace made = testing::stalled_writer();
  made.wake(kReader, kWriter);
  const Observation seen = seen_with(made.trace(), {kWriter});
  const Verdict hit = judge_trial(seen, writer_variant());
  EXPECT_EQ(hit.outcome, Outcome::Inconclusive);
  EXPECT_EQ(hit.rule, Rule::TraceContradicts);
  Variant another = writer_variant();
  another.signatures[0].wchans = {"elsewhere"};
  Observation elsewhere = seen;
  elsewhere.rounds[0].after.when += elsewhere.window;
  EXPECT_EQ(judge_trial(elsewhere, another).rule, Rule::TraceContradicts);
}

TEST(TrialVerdict, ATraceThatLostEventsIsAHintAndNoReason) {
  MadeTrace made = testing::stalled_writer();
  made.trace().lost = 1;
  const Verdict verdict = judge_trial(seen_with(made.trace(), {kWriter}), writer_variant());
  EXPECT_EQ(verdict.outcome, Outcome::Hang);
  ASSERT_EQ(verdict.hints.size(), 1u);
  EXPECT_EQ(verdict.hints[0].code, ReasonCode::Trace);
  for (const Reason& reason : verdict.because) EXPECT_NE(reason.code, ReasonCode::Trace);
}

TEST(TrialVerdict, ATraceNeverMakesAHangOfWhatIsNone) {
  Observation slow = seen_with(testing::stalled_writer().trace(), {kWriter});
  slow.rounds.clear();
  slow.ending = Ending::Finished;
  EXPECT_NE(judge_trial(slow, writer_variant()).outcome, Outcome::Hang);
  Observation moving = seen_with(testing::stalled_writer().trace(), {kWriter});
  moving.rounds[0].after.tasks[0].switches = 6;
  EXPECT_EQ(judge_trial(moving, writer_variant()).outcome, Outcome::Inconclusive);
}

}  // namespace
}  // namespace hangrate
