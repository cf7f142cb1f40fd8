// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hit rule, from both sides: the one shape in which it must fire and every look-alike in which
// it must not.
#include "harness/judge/assess.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "harness/testing/made_round.h"

namespace hangrate {
namespace {

using namespace testing;  // proven_round(), pipe_variant(), ...

TEST(HitRule, FiresOnAMotionlessSignatureWithABrokenInvariant) {
  const Finding finding = assess(proven_round(), pipe_variant());
  EXPECT_EQ(finding.motion, Motion::Motionless);
  EXPECT_EQ(finding.signature, SignatureMatch::Match);
  EXPECT_EQ(finding.proof, Proof::Match);
}

TEST(HitRule, FiresWithoutAReadableStackIfWchanTells) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.stack.clear(); });
  EXPECT_EQ(assess(round, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, FiresOnTheSystemCallAloneIfNothingElseIsReadable) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) {
    t.stack.clear();
    t.wchan.clear();
  });
  EXPECT_EQ(assess(round, pipe_variant()).proof, Proof::Match);
}

bool tells(const Finding& finding, ReasonCode code) {
  return std::any_of(finding.because.begin(), finding.because.end(),
                     [&](const Reason& reason) { return reason.code == code; });
}

/// A command that names no place has no "where this bug makes it sleep".
TEST(HitRule, AHangThatMayBeAnywhereIsNotSaidToBeWhereItShould) {
  Variant variant = pipe_variant();
  EXPECT_TRUE(tells(assess(proven_round(), variant), ReasonCode::AsDeclared));
  variant.signatures = {{.role = "writer"}};
  const Finding finding = assess(proven_round(), variant);
  EXPECT_EQ(finding.proof, Proof::Match);
  EXPECT_TRUE(tells(finding, ReasonCode::AnyPlace));
  EXPECT_FALSE(tells(finding, ReasonCode::AsDeclared));
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
  EXPECT_NE(finding.proof, Proof::Match);
  EXPECT_EQ(finding.signature, SignatureMatch::NotApplicable);
}

TEST(HitRule, OneContextSwitchBetweenTheLooksIsMovement) {
  Round round = proven_round();
  round.after.tasks[0].switches = 6;
  EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Moving);
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, NeverFiresOnARunnableVictim) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.state = 'R'; });
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, NeverFiresOnAStoppedTracedOrFrozenVictim) {
  for (const char state : {'T', 't'}) {
    Round round = proven_round();
    change_both(round, [&](TaskSample& t) { t.state = state; });
    EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Halted) << state;
    EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
  }
  Round frozen = proven_round();
  change_both(frozen, [](TaskSample& t) { t.stack = {"do_freezer_trap", "get_signal"}; });
  EXPECT_EQ(assess(frozen, pipe_variant()).motion, Motion::Halted);
}

TEST(HitRule, NeverFiresWhileTheInvariantHoldsOrIsUnknown) {
  for (const InvariantState state : {InvariantState::Holds, InvariantState::Unknown}) {
    Round round = proven_round();
    round.invariant.state = state;
    EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
  }
}

TEST(HitRule, NeverFiresOnAnInvariantEvaluatedOutsideTheTwoLooks) {
  Round round = proven_round();
  round.invariant.when = 500;
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
  round.invariant.when = 9'000'000;
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, NeverFiresWhenTheSupervisorsOwnPollDisagrees) {
  Round round = proven_round();
  round.after.fds = {{.role = "writer", .fd = 4, .wanted = 4, .revents = 4}};
  EXPECT_EQ(assess(round, pipe_variant()).proof, Proof::Match);
  round.after.fds[0].revents = 0;
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, NeverFiresOnAnotherPlaceOrSystemCall) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.stack = {"futex_do_wait", "do_futex"}; });
  EXPECT_EQ(assess(round, pipe_variant()).signature, SignatureMatch::Other);
  Round reading = proven_round();
  change_both(reading, [](TaskSample& t) { t.syscall_name = "read"; });
  EXPECT_NE(assess(reading, pipe_variant()).proof, Proof::Match);
}

TEST(HitRule, UnreadableSwitchCountersProveNothing) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.switches.reset(); });
  EXPECT_EQ(assess(round, pipe_variant()).motion, Motion::Unknown);
  EXPECT_NE(assess(round, pipe_variant()).proof, Proof::Match);
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
  EXPECT_NE(assess(round, variant).proof, Proof::Match);
  change_both(round, [](TaskSample& t) { t.flags = kFlagExiting; });
  EXPECT_EQ(assess(round, variant).proof, Proof::Match);
}

TEST(HitRule, EveryDeclaredRoleMustMatch) {
  Variant variant = pipe_variant();
  variant.signatures.push_back({.role = "reader", .states = "S", .frames = {{"pipe_read"}}});
  EXPECT_NE(assess(proven_round(), variant).proof, Proof::Match);
}

}  // namespace
}  // namespace hangrate
