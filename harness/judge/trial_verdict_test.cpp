// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a trial is called: only a proof makes a hang, a stand-still without one is Stuck, all else
// says nothing.
#include "harness/judge/trial_verdict.h"

#include <gtest/gtest.h>

#include "harness/testing/made_round.h"

namespace hangrate {
namespace {

using namespace testing;  // proven_round(), pipe_variant(), ...

/// The same look, twice, 200 ms apart.
Observation lasting(const Round& round, Ending ending) {
  Round last = round;
  last.before.when += 200 * kMilli;
  last.invariant.when += 200 * kMilli;
  last.after.when += 200 * kMilli;
  Observation o = observed(last, ending);
  o.rounds = {round, last};
  return o;
}

bool says(const std::vector<Reason>& reasons, ReasonCode code) {
  return std::any_of(reasons.begin(), reasons.end(),
                     [&](const Reason& reason) { return reason.code == code; });
}

TEST(TrialVerdict, AProvenRoundIsAMatch) {
  Observation o = observed(proven_round(), Ending::Freed);
  o.climbs = {{.rung = Rung::Wait, .took = 1, .effect = Effect::NotFreed},
              {.rung = Rung::StopContinue, .took = 1, .effect = Effect::Freed}};
  const Verdict verdict = judge_trial(o, pipe_variant());
  EXPECT_EQ(verdict.outcome, Outcome::Hang);
  EXPECT_EQ(verdict.signature, SignatureMatch::Match);
  EXPECT_EQ(verdict.rule, Rule::Proven);
  EXPECT_EQ(verdict.freed_by, Rung::StopContinue);
  EXPECT_EQ(verdict.kill, HangKill::Untested);
}

TEST(TrialVerdict, WhatGoesOnByItselfAfterTheProofIsNoHang) {
  Observation o = observed(proven_round(), Ending::Freed);
  o.climbs = {{.rung = Rung::Wait, .took = 1, .effect = Effect::Freed}};
  EXPECT_EQ(judge_trial(o, pipe_variant()).outcome, Outcome::Inconclusive);
  EXPECT_EQ(judge_trial(o, pipe_variant()).rule, Rule::WentOnByItself);
}

TEST(TrialVerdict, MotionlessWithoutAProofIsStuckHoweverLong) {
  for (const InvariantState state : {InvariantState::Holds, InvariantState::Unknown}) {
    Round round = proven_round();
    round.invariant.state = state;
    for (const Ending ending : {Ending::GivenUp, Ending::Abandoned, Ending::Freed}) {
      const Verdict verdict = judge_trial(lasting(round, ending), pipe_variant());
      EXPECT_EQ(verdict.outcome, Outcome::Stuck);
      EXPECT_EQ(verdict.rule, Rule::NothingProven);
      EXPECT_EQ(verdict.because.front().code, ReasonCode::NothingProven);
      EXPECT_EQ(verdict.signature, SignatureMatch::NotApplicable);
    }
  }
}

TEST(TrialVerdict, AnotherHangNeedsTheBrokenInvariantToLast) {
  Round elsewhere = proven_round();
  change_both(elsewhere, [](TaskSample& t) {
    t.stack = {"futex_do_wait", "do_futex"};
    t.wchan = "futex_do_wait";
  });
  const Verdict hang = judge_trial(lasting(elsewhere, Ending::Abandoned), pipe_variant());
  EXPECT_EQ(hang.outcome, Outcome::Hang);
  EXPECT_EQ(hang.signature, SignatureMatch::Other);
  EXPECT_EQ(hang.rule, Rule::ProvenElsewhere);
  // A lock that is held for a moment looks the same in one round.
  EXPECT_EQ(judge_trial(observed(elsewhere, Ending::Freed), pipe_variant()).outcome,
            Outcome::Inconclusive);
  Observation began_later = lasting(elsewhere, Ending::GivenUp);
  began_later.rounds[0].invariant.state = InvariantState::Holds;
  EXPECT_EQ(judge_trial(began_later, pipe_variant()).outcome, Outcome::Stuck);
}

TEST(TrialVerdict, ATimeoutAloneIsInconclusive) {
  Round round = proven_round();
  round.after.tasks[0].switches = 6;
  EXPECT_EQ(judge_trial(observed(round, Ending::GivenUp), pipe_variant()).outcome,
            Outcome::Inconclusive);
  Observation nothing;
  nothing.ending = Ending::GivenUp;
  EXPECT_EQ(judge_trial(nothing, pipe_variant()).outcome, Outcome::Inconclusive);
  EXPECT_EQ(judge_trial(nothing, pipe_variant()).because.front().code, ReasonCode::Unwatched);
}

TEST(TrialVerdict, EndedByItselfIsCleanOrSlowByTimeAndNeverAHang) {
  for (const InvariantState state : {InvariantState::Holds, InvariantState::Unknown}) {
    Round round = proven_round();
    round.invariant.state = state;
    Observation o = lasting(round, Ending::Finished);
    o.ended = 5 * kMilli;
    EXPECT_EQ(judge_trial(o, pipe_variant()).outcome, Outcome::Clean);
    o.ended = 60 * kSecond;
    EXPECT_EQ(judge_trial(o, pipe_variant()).outcome, Outcome::Slow);
  }
}

TEST(TrialVerdict, WhatStoodStillStaysStuckThoughItsWorkerDied) {
  Round round = proven_round();
  round.invariant.state = InvariantState::Holds;
  EXPECT_EQ(judge_trial(lasting(round, Ending::WorkerDied), pipe_variant()).outcome,
            Outcome::Stuck);
  EXPECT_EQ(judge_trial(observed(round, Ending::WorkerDied), pipe_variant()).outcome,
            Outcome::Infra)
      << "not long enough to say so";
}

TEST(TrialVerdict, AnInterruptedWatchSaysNothing) {
  Round round = proven_round();
  round.invariant.state = InvariantState::Holds;
  const Verdict verdict = judge_trial(lasting(round, Ending::Interrupted), pipe_variant());
  EXPECT_EQ(verdict.outcome, Outcome::Inconclusive);
  EXPECT_EQ(verdict.rule, Rule::Interrupted);
}

TEST(TrialVerdict, ASurvivedKillIsReadFromThePendingMask) {
  Round round = proven_round();
  change_both(round, [](TaskSample& t) { t.shared_pending = 0x100; });
  const Verdict verdict = judge_trial(observed(round, Ending::Abandoned), pipe_variant());
  EXPECT_EQ(verdict.kill, HangKill::Survives);
  EXPECT_TRUE(says(verdict.because, ReasonCode::KillPending));
}

TEST(TrialVerdict, ARungThatWasNotTriedTellsNothing) {
  Observation o = observed(proven_round(), Ending::Abandoned);
  o.climbs = {{.rung = Rung::Kill, .effect = Effect::NotTried, .note = ClimbNote::KillPending},
              {.rung = Rung::FuseAbort, .effect = Effect::NotTried, .note = ClimbNote::Refused}};
  const Verdict verdict = judge_trial(o, pipe_variant());
  EXPECT_EQ(verdict.kill, HangKill::Untested);
  EXPECT_EQ(verdict.rescue, HangRescue::Untested);
}

TEST(TrialVerdict, ALookalikeStandsWhereItSaysOrIsMisplaced) {
  Variant lookalike = pipe_variant();
  lookalike.own_place = lookalike.signatures;
  Round round = proven_round();
  round.invariant.state = InvariantState::Holds;
  const Verdict there = judge_trial(lasting(round, Ending::GivenUp), lookalike);
  EXPECT_EQ(there.outcome, Outcome::Stuck);
  EXPECT_FALSE(there.misplaced);
  change_both(round, [](TaskSample& t) { t.stack = {"futex_do_wait"}; });
  EXPECT_TRUE(judge_trial(lasting(round, Ending::GivenUp), lookalike).misplaced);
  EXPECT_FALSE(judge_trial(lasting(round, Ending::GivenUp), pipe_variant()).misplaced)
      << "it does not say where";
}

/// One piece of the evidence for a hang, as it must not be. Every one of them alone takes the
/// conviction away, both for this bug and for any other.
struct Spoilt {
  const char* name;
  void (*spoil)(Round& round);
  Outcome outcome;
  Rule rule;
};

void PrintTo(const Spoilt& spoilt, std::ostream* out) {
  *out << spoilt.name;
}

TaskSample& then(Round& round) {
  return round.before.tasks[0];
}
TaskSample& now(Round& round) {
  return round.after.tasks[0];
}

void calls(Round& round, const char* name, const char* raw) {
  change_both(round, [&](TaskSample& t) {
    t.syscall_name = name;
    t.syscall = raw;
  });
}

constexpr Outcome kNothing = Outcome::Inconclusive;
constexpr Outcome kStuck = Outcome::Stuck;

const Spoilt kSpoilt[] = {
    // The invariant.
    {"invariant_silent", [](Round& r) { r.invariant = {}; }, kStuck, Rule::NothingProven},
    {"invariant_stale", [](Round& r) { r.invariant.when = r.before.when - 1; }, kStuck,
     Rule::NothingProven},
    {"invariant_after_the_looks",
     [](Round& r) { r.invariant.when = r.after.when + r.after.took + 1; }, kStuck,
     Rule::NothingProven},
    {"invariant_contradicts", [](Round& r) { r.invariant.state = InvariantState::Holds; }, kStuck,
     Rule::NothingProven},
    {"invariant_against_our_own_poll",
     [](Round& r) { r.after.fds = {{.role = "writer", .fd = 4, .wanted = 4, .revents = 0}}; },
     kStuck, Rule::NothingProven},
    // Who it is.
    {"number_reused", [](Round& r) { now(r).started = 78; }, kNothing, Rule::NotOurs},
    {"kernel_thread",
     [](Round& r) { change_both(r, [](TaskSample& t) { t.flags = kFlagKthread | 0x40; }); },
     kNothing, Rule::NotOurs},
    {"masked_proc",
     [](Round& r) {
       r.before.tasks.clear();
       r.after.tasks.clear();
       r.after.absent = {{"proc", "there is no /proc/self"}};
     },
     kNothing, Rule::NoProof},
    {"another_thread", [](Round& r) { now(r).tid = 99; }, kNothing, Rule::VictimMoving},
    {"gone", [](Round& r) { now(r).gone = true; }, kNothing, Rule::NoProof},
    {"zombie", [](Round& r) { now(r).state = 'Z'; }, kNothing, Rule::NoProof},
    {"no_victim", [](Round& r) { now(r).victim = false; }, kNothing, Rule::NoProof},
    {"one_more_victim", [](Round& r) { r.after.tasks.push_back(r.after.tasks[0]); }, kNothing,
     Rule::VictimMoving},
    // Its state.
    {"state_silent", [](Round& r) { change_both(r, [](TaskSample& t) { t.state = '?'; }); },
     kNothing, Rule::NoProof},
    {"state_silent_once", [](Round& r) { now(r).state = '?'; }, kNothing, Rule::NoProof},
    {"runs", [](Round& r) { now(r).state = 'R'; }, kNothing, Rule::VictimMoving},
    {"ran_before", [](Round& r) { then(r).state = 'R'; }, kNothing, Rule::VictimMoving},
    {"stopped", [](Round& r) { now(r).state = 'T'; }, kNothing, Rule::VictimHalted},
    {"traced", [](Round& r) { now(r).state = 't'; }, kNothing, Rule::VictimHalted},
    {"frozen_v2", [](Round& r) { now(r).wchan = "do_freezer_trap"; }, kNothing, Rule::VictimHalted},
    {"frozen_v1",
     [](Round& r) {
       now(r).stack = {"__refrigerator", "get_signal"};
     },
     kNothing, Rule::VictimHalted},
    // Its switches.
    {"switches_silent", [](Round& r) { change_both(r, [](TaskSample& t) { t.switches.reset(); }); },
     kNothing, Rule::NoProof},
    {"switches_silent_once", [](Round& r) { then(r).switches.reset(); }, kNothing, Rule::NoProof},
    {"switched", [](Round& r) { now(r).switches = 6; }, kNothing, Rule::VictimMoving},
    {"switched_back", [](Round& r) { now(r).switches = 4; }, kNothing, Rule::VictimMoving},
    // Its place.
    {"place_silent",
     [](Round& r) {
       change_both(r, [](TaskSample& t) {
         t.stack.clear();
         t.wchan.clear();
         t.syscall.clear();
         t.syscall_name.clear();
       });
     },
     kStuck, Rule::PlaceUnknown},
    {"place_changed", [](Round& r) { now(r).stack = {"futex_do_wait"}; }, kNothing,
     Rule::VictimMoving},
    {"call_changed", [](Round& r) { now(r).syscall = "0 0x4 0x7f 0x11000"; }, kNothing,
     Rule::VictimMoving},
    // A wait that ends by itself.
    {"poll_with_timeout", [](Round& r) { calls(r, "poll", "7 0x7ffc 0x1 0xbb8 0x0"); }, kStuck,
     Rule::OwnDeadline},
    {"ppoll_with_timeout", [](Round& r) { calls(r, "ppoll", "271 0x7ffc 0x1 0x7ffd 0x0"); }, kStuck,
     Rule::OwnDeadline},
    {"epoll_with_timeout", [](Round& r) { calls(r, "epoll_wait", "232 0x4 0x7f 0x1 0x3e8"); },
     kStuck, Rule::OwnDeadline},
    {"nanosleep", [](Round& r) { calls(r, "clock_nanosleep", "230 0x0 0x0 0x7ffc 0x7ffc"); },
     kStuck, Rule::OwnDeadline},
    {"nanosleep_by_its_stack",
     [](Round& r) {
       change_both(r, [](TaskSample& t) {
         t.syscall.clear();
         t.syscall_name.clear();
         t.stack = {"do_nanosleep", "hrtimer_nanosleep"};
       });
     },
     kStuck, Rule::OwnDeadline},
    {"futex_with_timeout",
     [](Round& r) { calls(r, "futex", "202 0x7f 0x189 0x0 0x7ffc 0x0 0xffffffff"); }, kStuck,
     Rule::OwnDeadline},
    {"sigtimedwait", [](Round& r) { calls(r, "rt_sigtimedwait", "128 0x7ffc 0x0 0x7ffd 0x8"); },
     kStuck, Rule::OwnDeadline},
    {"what_a_signal_interrupted", [](Round& r) { calls(r, "restart_syscall", "219 0x0"); }, kStuck,
     Rule::OwnDeadline},
};

class SpoiltEvidence : public ::testing::TestWithParam<Spoilt> {};

TEST_P(SpoiltEvidence, IsNoHang) {
  // Both for this bug and, at a place it does not name, for another.
  for (const char* place : {"anon_pipe_write", "elsewhere"}) {
    Round round = proven_round();
    change_both(round, [&](TaskSample& t) {
      t.started = 77;
      t.stack[0] = t.wchan = place;
    });
    ASSERT_EQ(judge_trial(lasting(round, Ending::GivenUp), pipe_variant()).outcome, Outcome::Hang);
    GetParam().spoil(round);
    const Verdict verdict = judge_trial(lasting(round, Ending::GivenUp), pipe_variant());
    EXPECT_EQ(verdict.outcome, GetParam().outcome) << place;
    EXPECT_EQ(verdict.rule, GetParam().rule) << place << ": " << rule_name(verdict.rule);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SpoiltEvidence, ::testing::ValuesIn(kSpoilt),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace hangrate
