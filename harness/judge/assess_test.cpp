// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hit rule, from both sides: the one shape in which it must fire and every look-alike in which
// it must not.
#include "harness/judge/assess.h"

#include <gtest/gtest.h>

#include "harness/judge/trial_verdict.h"

namespace hangrate {
namespace {

TaskSample sleeping_writer() {
  TaskSample task;
  task.role = "writer";
  task.pid = 10;
  task.tid = 11;
  task.victim = true;
  task.state = 'S';
  task.switches = 5;
  task.wchan = "anon_pipe_write";
  task.syscall = "1 0x4 0x7f 0x11000";
  task.syscall_name = "write";
  task.stack = {"anon_pipe_write", "vfs_write", "ksys_write"};
  return task;
}

Variant pipe_variant() {
  Variant v;
  v.name = "blocked-writer";
  Signature s;
  s.role = "writer";
  s.states = "S";
  s.syscalls = {"write"};
  s.frames = {{"pipe_write", "anon_pipe_write"}};
  s.wchans = {"pipe_write", "anon_pipe_write"};
  v.signatures = {s};
  return v;
}

/// Two looks 1 ms apart at a writer asleep while poll says POLLOUT: the bug.
Round proven_round() {
  Round round;
  round.before = {.when = 1000, .took = 100, .tasks = {sleeping_writer()}};
  round.invariant = {2000, InvariantState::Broken, "POLLOUT, yet asleep"};
  round.after = {.when = 1'001'000, .took = 100, .tasks = {sleeping_writer()}};
  return round;
}

void change_both(Round& round, const std::function<void(TaskSample&)>& change) {
  change(round.before.tasks[0]);
  change(round.after.tasks[0]);
}

TEST(HitRule, FiresOnAMotionlessSignatureWithABrokenInvariant) {
  const Finding finding = assess(proven_round(), pipe_variant());
  EXPECT_EQ(finding.motion, Motion::Motionless);
  EXPECT_EQ(finding.signature, SignatureMatch::Match);
  EXPECT_TRUE(finding.hit);
}

TEST(HitRule, FiresWithoutAReadableStackIfWchanTells) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.stack.clear(); });
  EXPECT_TRUE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, FiresOnTheSystemCallAloneIfNothingElseIsReadable) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) {
    t.stack.clear();
    t.wchan.clear();
  });
  EXPECT_TRUE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, NeedsSomeSourceThatTellsWhere) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) {
    t.stack.clear();
    t.wchan.clear();
    t.syscall.clear();
    t.syscall_name.clear();
  });
  const Finding finding = assess(round, pipe_variant());
  EXPECT_FALSE(finding.hit);
  EXPECT_EQ(finding.signature, SignatureMatch::NotApplicable);
}

TEST(HitRule, OneContextSwitchBetweenTheLooksIsMovement) {
  Round round = proven_round();
  round.after.tasks[0].switches = 6;
  EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Moving);
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, NeverFiresOnARunnableVictim) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.state = 'R'; });
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, NeverFiresOnAStoppedTracedOrFrozenVictim) {
  for (const char state : {'T', 't'}) {
    Round round = proven_round();
    change_both(round, [&](TaskSample& t) { t.state = state; });
    EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Halted) << state;
    EXPECT_FALSE(assess(round, pipe_variant()).hit);
  }
  Round frozen = proven_round();
  change_both(frozen, [](TaskSample& t) { t.stack = {"do_freezer_trap", "get_signal"}; });
  EXPECT_EQ(assess(frozen, pipe_variant()).motion, Motion::Halted);
}

TEST(HitRule, NeverFiresWhileTheInvariantHoldsOrIsUnknown) {
  for (const InvariantState state : {InvariantState::Holds, InvariantState::Unknown}) {
    Round round = proven_round();
    round.invariant.state = state;
    EXPECT_FALSE(assess(round, pipe_variant()).hit);
  }
}

TEST(HitRule, NeverFiresOnAnInvariantEvaluatedOutsideTheTwoLooks) {
  Round round = proven_round();
  round.invariant.when = 500;
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
  round.invariant.when = 9'000'000;
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, NeverFiresWhenTheSupervisorsOwnPollDisagrees) {
  Round round = proven_round();
  round.after.fds = {{.role = "writer", .fd = 4, .wanted = 4, .revents = 4}};
  EXPECT_TRUE(assess(round, pipe_variant()).hit);
  round.after.fds[0].revents = 0;
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, NeverFiresOnAnotherPlaceOrSystemCall) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.stack = {"futex_do_wait", "do_futex"}; });
  EXPECT_EQ(assess(round, pipe_variant()).signature, SignatureMatch::Other);
  Round reading = proven_round();
  change_both(reading, [](TaskSample& t) { t.syscall_name = "read"; });
  EXPECT_FALSE(assess(reading, pipe_variant()).hit);
}

TEST(HitRule, UnreadableSwitchCountersProveNothing) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.switches.reset(); });
  EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Unknown);
  EXPECT_FALSE(assess(round, pipe_variant()).hit);
}

TEST(HitRule, AnExitingSignatureNeedsTheFlag) {
  Variant variant = pipe_variant();
  variant.signatures[0] = {
      .role = "writer", .states = "D", .frames = {{"fuse_flush"}}, .exiting = true};
  Round round = proven_round();
  change_both(round, [](TaskSample& t) {
    t.state = 'D';
    t.stack = {"request_wait_answer", "fuse_flush", "do_exit"};
  });
  EXPECT_FALSE(assess(round, variant).hit);
  change_both(round, [](TaskSample& t) { t.flags = kFlagExiting; });
  EXPECT_TRUE(assess(round, variant).hit);
}

TEST(HitRule, EveryDeclaredRoleMustMatch) {
  Variant variant = pipe_variant();
  variant.signatures.push_back({.role = "reader", .states = "S", .frames = {{"pipe_read"}}});
  EXPECT_FALSE(assess(proven_round(), variant).hit);
}

Observation observed(Round round, Ending ending) {
  Observation o;
  o.window = 100 * kMilli;
  o.slow_after = 100 * kMilli;
  o.rounds = {std::move(round)};
  o.ending = ending;
  o.proven = 2'000'000;
  return o;
}

TEST(Classifier, AProvenRoundIsAMatch) {
  Observation o = observed(proven_round(), Ending::Freed);
  o.rungs = {{"wait", 0, 1, Effect::NotFreed, ""}, {"stop-continue", 0, 1, Effect::Freed, ""}};
  const Verdict verdict = classify(o, pipe_variant());
  EXPECT_EQ(verdict.outcome, Outcome::Hang);
  EXPECT_EQ(verdict.signature, SignatureMatch::Match);
  EXPECT_EQ(verdict.freed_by, "stop-continue");
  EXPECT_EQ(verdict.kill, HangKill::Untested);
}

TEST(Classifier, WhatGoesOnByItselfAfterTheProofIsNoHang) {
  Observation o = observed(proven_round(), Ending::Freed);
  o.rungs = {{"wait", 0, 1, Effect::Freed, ""}};
  EXPECT_EQ(classify(o, pipe_variant()).outcome, Outcome::Inconclusive);
}

TEST(Classifier, MotionlessElsewhereForTheWindowIsAnotherHang) {
  Round first = proven_round();
  first.invariant.state = InvariantState::Holds;
  Round last = first;
  last.after.when += 200 * kMilli;
  Observation o = observed(last, Ending::Abandoned);
  o.rounds = {first, last};
  const Verdict verdict = classify(o, pipe_variant());
  EXPECT_EQ(verdict.outcome, Outcome::Hang);
  EXPECT_EQ(verdict.signature, SignatureMatch::Other);
}

TEST(Classifier, ATimeoutAloneIsInconclusive) {
  Round round = proven_round();
  round.after.tasks[0].switches = 6;
  EXPECT_EQ(classify(observed(round, Ending::Abandoned), pipe_variant()).outcome,
            Outcome::Inconclusive);
  Observation nothing;
  nothing.ending = Ending::Abandoned;
  EXPECT_EQ(classify(nothing, pipe_variant()).outcome, Outcome::Inconclusive);
}

TEST(Classifier, EndedByItselfIsCleanOrSlowByTime) {
  Round round = proven_round();
  round.invariant.state = InvariantState::Holds;
  Observation o = observed(round, Ending::Finished);
  o.ended = 5 * kMilli;
  EXPECT_EQ(classify(o, pipe_variant()).outcome, Outcome::Clean);
  o.ended = 500 * kMilli;
  EXPECT_EQ(classify(o, pipe_variant()).outcome, Outcome::Slow);
}

TEST(Classifier, ASurvivedKillIsReadFromThePendingMask) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.shared_pending = 0x100; });
  const Verdict verdict = classify(observed(round, Ending::Abandoned), pipe_variant());
  EXPECT_EQ(verdict.kill, HangKill::Survives);
}

}  // namespace
}  // namespace hangrate
