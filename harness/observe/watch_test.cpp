// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order of events in an observation, with a clock of our own: evidence before any poke, passive
// rungs first, and an end in every case.
#include "harness/observe/watch.h"

#include <csignal>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TaskSample asleep(std::uint64_t switches) {
  TaskSample task;
  task.role = "writer";
  task.pid = 100;
  task.tid = 101;
  task.victim = true;
  task.state = 'S';
  task.switches = switches;
  task.wchan = "pipe_write";
  task.stack = {"pipe_write"};
  return task;
}

Variant variant_with(std::vector<Rung> ladder) {
  Variant v;
  v.signatures = {{.role = "writer", .states = "S", .frames = {{"pipe_write"}}}};
  v.ladder = std::move(ladder);
  return v;
}

/// Plays the engine: answers what the watch asks with `task` and `invariant`, moves the clock.
class Player {
 public:
  explicit Player(Variant variant, std::optional<Rung> first_rung = std::nullopt)
      : variant_(std::move(variant)), watch_(variant_, {}, opening(), first_rung) {}

  /// Runs until the watch is done or `limit` ns have passed; notes what it asked for.
  void play(Nanos limit) {
    const Nanos end = now_ + limit;
    while (now_ < end && !watch_.done()) {
      const WatchAction action = watch_.next(now_);
      switch (action.ask) {
        case Ask::Sample:
        case Ask::Glance:
          now_ += 100 * kMicro;
          watch_.sampled({.when = now_, .took = 10, .tasks = {look()}}, now_);
          break;
        case Ask::Check:
          now_ += 10 * kMicro;
          asked.push_back("check");
          if (!silent) watch_.checked({now_, invariant, "as told"});
          break;
        case Ask::Lever:
          asked.push_back("lever");
          if (lever_frees) watch_.released(now_);
          watch_.pulled(pulls, now_);
          break;
        case Ask::Signal:
          asked.push_back(action.signal == SIGSTOP   ? "stop"
                          : action.signal == SIGCONT ? "continue"
                                                     : "kill");
          if (action.signal == SIGCONT && continue_frees) watch_.released(now_);
          if (action.signal == SIGCONT && continue_moves) task.switches = 9;
          if (action.signal == SIGCONT && continue_mends) invariant = InvariantState::Holds;
          if (action.signal == SIGCONT && continue_silences) silent = true;
          break;
        case Ask::Wait:
          now_ = std::max(now_ + 1, std::min(action.until, now_ + kSecond));
          break;
        case Ask::Done:
          return;
      }
    }
  }

  TaskSample look() {
    TaskSample seen = task;
    if (!asked.empty() && asked.back() == "stop" && ++looks_while_stopping >= stops_after) {
      seen.state = 'T';
    }
    return seen;
  }

  Watch& watch() { return watch_; }
  Nanos now() const { return now_; }

  TaskSample task = asleep(7);
  InvariantState invariant = InvariantState::Broken;
  int stops_after = 1;
  int looks_while_stopping = 0;
  bool lever_frees = false;
  bool pulls = true;
  bool continue_frees = false;
  bool continue_moves = false;     ///< it sleeps in the same place then
  bool continue_mends = false;     ///< its invariant
  bool continue_silences = false;  ///< the worker does not answer then
  bool silent = false;
  std::vector<std::string> asked;

 private:
  static Observation opening() {
    Observation o;
    o.opened = kSecond;
    o.wedge = kSecond - kMilli;
    return o;
  }

  Nanos now_ = kSecond;
  Variant variant_;
  Watch watch_;
};

TEST(Watch, ProvesAHitWithinMillisecondsAndClimbsPassiveRungsFirst) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill}));
  p.lever_frees = true;
  p.play(10 * kSecond);
  ASSERT_TRUE(p.watch().done());
  const Observation& seen = p.watch().observation();
  EXPECT_LT(seen.proven - seen.opened, 5 * kMilli);
  EXPECT_EQ(p.asked, (std::vector<std::string>{"check", "stop", "continue", "lever"}));
  EXPECT_EQ(seen.ending, Ending::Freed);
  ASSERT_EQ(seen.climbs.size(), 3u);
  EXPECT_EQ(seen.climbs[0].effect, Effect::NotFreed);
  EXPECT_EQ(seen.climbs[1].effect, Effect::NotFreed);
  EXPECT_EQ(seen.climbs[2].effect, Effect::Freed);
}

TEST(Watch, ALostWakeupIsFreedByStopAndContinue) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever}));
  p.continue_frees = true;
  p.play(10 * kSecond);
  EXPECT_EQ(p.watch().observation().climbs.back().rung, Rung::StopContinue);
  EXPECT_EQ(p.watch().observation().climbs.back().effect, Effect::Freed);
}

/// Somebody who writes a long stream sleeps in write(2) most of the time, freed or not.
TEST(Watch, AFreedVictimThatSleepsInTheSamePlaceAgainIsNotKilled) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Kill}));
  p.continue_moves = p.continue_mends = true;
  p.play(20 * kSecond);
  EXPECT_EQ(p.asked.back(), "check");
  ASSERT_FALSE(p.watch().done());
  p.watch().released(p.now());
  EXPECT_EQ(p.watch().observation().climbs.back().rung, Rung::StopContinue);
  EXPECT_EQ(p.watch().observation().climbs.back().effect, Effect::Freed);
}

TEST(Watch, AVictimThatOnlyWokeUpIsNotFreed) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Kill}));
  p.continue_moves = true;
  p.play(20 * kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_EQ(p.asked,
            (std::vector<std::string>{"check", "stop", "continue", "check", "kill", "check"}));
  EXPECT_EQ(p.watch().observation().climbs[1].effect, Effect::NotFreed);
}

TEST(Watch, AWorkerThatDoesNotSayWhetherItWasFreedLeavesThatUnknown) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Kill}));
  p.continue_moves = p.continue_silences = true;
  p.play(20 * kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_EQ(p.watch().observation().climbs[1].effect, Effect::Unknown);
}

/// The time that a healthy trial has, once, however late the proof came.
TEST(Watch, WhatGoesOnForEverEndsByTheLatestEnd) {
  for (const Nanos before : {Nanos{0}, 59 * kSecond}) {
    Variant variant = variant_with({Rung::StopContinue, Rung::Lever, Rung::Kill});
    variant.healthy_until_ms = 60'000;
    Player p(variant);
    const Nanos latest = p.watch().latest_end();
    p.continue_moves = p.continue_mends = true;
    p.invariant = InvariantState::Holds;
    p.play(before);
    p.invariant = InvariantState::Broken;
    p.play(latest - p.now());
    EXPECT_TRUE(p.watch().done()) << before;
    ASSERT_FALSE(p.watch().observation().climbs.empty());
    EXPECT_EQ(p.watch().observation().climbs.front().effect, Effect::Unknown);
  }
}

TEST(Watch, WhatGoesOnForEverIsKilledInTheEnd) {
  Variant variant = variant_with({Rung::StopContinue, Rung::Kill});
  variant.healthy_until_ms = 3000;
  Player p(variant);
  p.continue_moves = p.continue_mends = true;
  p.play(p.watch().latest_end() - p.now());
  ASSERT_TRUE(p.watch().done());
  EXPECT_EQ(p.asked.back(), "check");
  EXPECT_EQ(p.watch().observation().climbs.back().rung, Rung::Kill);
}

TEST(Watch, ContinuesAVictimOnlyAfterItWasSeenStopped) {
  Player p(variant_with({Rung::StopContinue}));
  p.stops_after = 3;
  p.continue_frees = true;
  p.play(10 * kSecond);
  EXPECT_EQ(p.looks_while_stopping, 3);
  EXPECT_EQ(p.watch().observation().ending, Ending::Freed);
}

TEST(Watch, WaitIsTheFirstRungWhereverTheLadderStarts) {
  const std::vector<Rung> ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  for (const std::optional<Rung> first : {std::optional<Rung>(), std::optional(Rung::Wait),
                                          std::optional(Rung::Lever), std::optional(Rung::Kill)}) {
    Player p(variant_with(ladder), first);
    p.play(10 * kSecond);
    const std::vector<Climb>& climbs = p.watch().observation().climbs;
    ASSERT_EQ(climbs.size(), ladder.size());
    EXPECT_EQ(climbs[0].rung, Rung::Wait);
    EXPECT_EQ(climbs[1].rung, !first || first == Rung::Wait ? Rung::StopContinue : *first);
  }
}

TEST(Watch, PokesNothingWithoutProof) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill}));
  p.invariant = InvariantState::Holds;
  p.task.state = 'R';
  p.play(200 * kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_FALSE(p.watch().established());
  EXPECT_EQ(p.asked.back(), "lever") << "to end it; no signal is sent";
  p.asked.pop_back();
  for (const std::string& what : p.asked) EXPECT_EQ(what, "check");
  EXPECT_EQ(p.watch().observation().ending, Ending::GivenUp);
}

TEST(Watch, AnotherHangNeedsItsInvariantBrokenForTheWholeWindow) {
  Player p(variant_with({Rung::Kill}));
  p.task.stack = {"futex_do_wait"};
  p.task.wchan = "futex_do_wait";
  p.play(kSecond);
  EXPECT_FALSE(p.watch().established());
  p.play(3 * kSecond);
  EXPECT_TRUE(p.watch().established());
  EXPECT_EQ(p.watch().evidence().proof, Proof::Other);
  EXPECT_EQ(p.watch().observation().rounds.size(), 2u);
}

TEST(Watch, MotionlessWithoutAProofIsLeftAloneAndThenEndedByTheLeverAlone) {
  for (const bool frees : {true, false}) {
    Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill}));
    p.invariant = InvariantState::Holds;
    p.lever_frees = frees;
    p.play(119 * kSecond);
    EXPECT_FALSE(p.watch().done()) << "a healthy one may take that long";
    p.play(10 * kSecond);
    ASSERT_TRUE(p.watch().done());
    EXPECT_FALSE(p.watch().established());
    const Observation& seen = p.watch().observation();
    EXPECT_EQ(seen.ending, Ending::GivenUp);
    EXPECT_EQ(seen.proven, 0);
    ASSERT_EQ(seen.climbs.size(), 1u);
    EXPECT_EQ(seen.climbs[0].rung, Rung::Lever);
    EXPECT_TRUE(seen.climbs[0].cleanup);
    EXPECT_EQ(seen.climbs[0].effect, frees ? Effect::Freed : Effect::NotFreed);
    EXPECT_EQ(judge_trial(p.watch().evidence(), seen, variant_with({})).outcome, Outcome::Stuck);
  }
}

TEST(Watch, AProofElsewhereBeginsWhenTheInvariantBreaks) {
  Player p(variant_with({Rung::Kill}));
  p.task.stack = {"futex_do_wait"};
  p.task.wchan = "futex_do_wait";
  p.invariant = InvariantState::Unknown;  // the worker answers late
  p.play(kSecond);
  p.invariant = InvariantState::Broken;
  p.play(kSecond);
  EXPECT_FALSE(p.watch().established());
  p.play(2 * kSecond);
  EXPECT_TRUE(p.watch().established());
}

TEST(Watch, AnInterruptDuringCleanupKeepsWhatWasSeen) {
  for (const bool dies : {false, true}) {
    Variant variant = variant_with({Rung::Lever});
    variant.healthy_until_ms = 3000;
    Player p(variant);
    p.invariant = InvariantState::Holds;
    while (p.asked.empty() || p.asked.back() != "lever") p.play(50 * kMicro);
    if (dies) {
      p.watch().worker_gone("exited with 7", p.now());
    } else {
      p.watch().interrupt(p.now());
    }
    EXPECT_EQ(p.watch().observation().ending, Ending::GivenUp);
    EXPECT_EQ(judge_trial(p.watch().evidence(), p.watch().observation(), variant).outcome,
              Outcome::Stuck);
  }
}

TEST(Watch, IsDoneByItsLatestEndWhateverComes) {
  for (const InvariantState state : {InvariantState::Holds, InvariantState::Broken}) {
    Variant variant = variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill});
    variant.healthy_until_ms = 3000;
    Player p(variant);
    p.invariant = state;
    p.stops_after = 1000;
    const Nanos latest = p.watch().latest_end();
    p.play(latest - p.now());
    EXPECT_TRUE(p.watch().done());
  }
}

TEST(Watch, ALookalikeIsEndedSoonAndIsStuckForAllThat) {
  Variant variant = variant_with({Rung::Wait, Rung::FuseAbort});
  variant.healthy_until_ms = 100;
  Player p(variant);
  p.invariant = InvariantState::Holds;
  p.lever_frees = true;
  p.play(kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_EQ(judge_trial(p.watch().evidence(), p.watch().observation(), variant).outcome,
            Outcome::Stuck);
}

TEST(Watch, ALeverThatIsNotPulledIsNotSaidToHaveFailed) {
  Player p(variant_with({Rung::Lever}));
  p.pulls = false;
  p.play(10 * kSecond);
  ASSERT_EQ(p.watch().observation().climbs.size(), 1u);
  EXPECT_EQ(p.watch().observation().climbs[0].effect, Effect::NotTried);
  EXPECT_EQ(p.watch().observation().climbs[0].note, ClimbNote::Refused);
}

TEST(Watch, AWaitThatEndsByItselfIsNeverPokedWhateverTheInvariantSays) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Kill}));
  p.task.syscall_name = "poll";
  p.task.syscall = "7 0x7ffc 0x1 0xbb8";
  p.play(200 * kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_FALSE(p.watch().established());
  for (const std::string& what : p.asked) EXPECT_EQ(what, "check");
}

TEST(Watch, EndingByItselfBeforeProofIsFinished) {
  Player p(variant_with({Rung::Kill}));
  p.invariant = InvariantState::Holds;
  p.play(50 * kMilli);
  p.watch().released(p.now());
  EXPECT_EQ(p.watch().observation().ending, Ending::Finished);
  EXPECT_TRUE(p.asked.empty() || p.asked.back() == "check");
}

TEST(Watch, AVictimThatNothingFreesIsAbandonedAfterTheLastRung) {
  Player p(variant_with({Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill}));
  p.play(10 * kSecond);
  ASSERT_TRUE(p.watch().done());
  EXPECT_EQ(p.watch().observation().ending, Ending::Abandoned);
  EXPECT_EQ(p.watch().observation().climbs.size(), 4u);
  EXPECT_EQ(p.asked.back(), "kill");
}

TEST(Watch, DoesNotKillAgainWhatAlreadyHasAKillPending) {
  Player p(variant_with({Rung::Kill, Rung::Lever}));
  p.task.shared_pending = 0x100;
  p.lever_frees = true;
  p.play(10 * kSecond);
  EXPECT_EQ(p.asked, (std::vector<std::string>{"check", "lever"}));
  EXPECT_EQ(p.watch().observation().climbs[0].effect, Effect::NotTried);
}

TEST(Watch, AWorkerThatDoesNotAnswerCannotStallIt) {
  const Variant variant = variant_with({Rung::Lever});
  Observation opening;
  opening.opened = kSecond;
  Watch watch(variant, {}, opening);
  Nanos now = kSecond;
  int asked = 0;
  while (!watch.done() && now < 200 * kSecond) {
    const WatchAction action = watch.next(now);
    if (action.ask == Ask::Sample || action.ask == Ask::Glance) {
      watch.sampled({.when = now, .took = 10, .tasks = {asleep(7)}}, now);
    } else if (action.ask == Ask::Wait) {
      now = std::max(now + 1, action.until);
    } else {
      ++asked;  // Check or Lever: never answered
    }
  }
  EXPECT_TRUE(watch.done());
  EXPECT_GT(asked, 0);
}

TEST(Watch, TheKillOfItsOwnWorkerCountsAsFreedByKill) {
  Player p(variant_with({Rung::Kill}));
  while (p.asked.empty() || p.asked.back() != "kill") p.play(50 * kMicro);
  p.watch().worker_gone("killed by SIGKILL", p.now());
  EXPECT_EQ(p.watch().observation().ending, Ending::Freed);
  EXPECT_EQ(p.watch().observation().climbs.back().effect, Effect::Freed);
}

TEST(Watch, AWorkerThatDiesByItselfIsToldApart) {
  Player p(variant_with({Rung::Wait, Rung::Kill}));
  p.invariant = InvariantState::Holds;
  p.play(20 * kMilli);
  p.watch().worker_gone("killed by SIGSEGV", p.now());
  EXPECT_EQ(p.watch().observation().ending, Ending::WorkerDied);
}

}  // namespace
}  // namespace hangrate
