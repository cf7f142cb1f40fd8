// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a program that is run alone may call a hang: a victim that sleeps on without a switch while
// the invariant is broken, and nothing else. Every trial here claims that its invariant is broken.
#include <grp.h>
#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"

namespace hangrate {
namespace {

using testing::run_alone;

int victim, ends[2];
bool named = true;

/// Longer than the two looks of the judge, which are 100 ms apart.
constexpr int64_t kLong = 400'000'000;

int over() {
  if (victim > 0 && waitpid(victim, nullptr, WNOHANG) == victim) victim = 0;
  return victim == 0;
}
void look() {
  if (named) hang_victim("victim", victim, victim, -1, 0);
  hang_invariant(HANG_BROKEN, "the test says so");
}
int feed() {
  return write(ends[1], "x", 1) == 1;
}

/// One trial whose victim runs `body`, freed by `lever` if there is one.
int trial_of(void (*body)(), int (*lever)()) {
  const hang_wait wait = {over, nullptr, look, lever};
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  victim = static_cast<int>(hang_must(fork(), "fork"));
  if (victim == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    _exit(0);
  }
  hang_await(&wait);
  close(ends[0]);
  close(ends[1]);
  return HANG_CLEAN;
}

void sleep_on() {
  char byte;
  if (read(ends[0], &byte, 1) < 0) _exit(1);
}
void sleep_long() {
  hang_nap(kLong);
}
void doze() {  // asleep at every look, never for long
  for (const int64_t end = hang_now() + kLong; hang_now() < end;) hang_nap(1'000'000);
}
void doze_in_many_groups() {  // their list comes before the switches in /proc/PID/status
  static gid_t groups[2000];
  for (gid_t i = 0; i < 2000; ++i) groups[i] = 1'000'000'000 + i;
  if (setgroups(2000, groups) != 0) _exit(1);
  doze();
}
void spin() {
  for (const int64_t end = hang_now() + kLong; hang_now() < end;) continue;
}
void stop() {
  const int self = getpid();
  if (fork() == 0) {
    hang_nap(kLong);
    kill(self, SIGCONT);
    _exit(0);
  }
  raise(SIGSTOP);
}

int hangs() {
  return trial_of(sleep_on, feed);
}
int is_slow() {
  return trial_of(sleep_long, nullptr);
}
int dozes() {
  return trial_of(doze, nullptr);
}
int dozes_in_groups() {
  return trial_of(doze_in_many_groups, nullptr);
}
int spins() {
  return trial_of(spin, nullptr);
}
int is_stopped() {
  return trial_of(stop, nullptr);
}
int has_no_victim() {
  named = false;
  return trial_of(sleep_long, nullptr);
}
int goes_wrong() {
  hang_note("one byte\nis missing");
  return HANG_ANOMALY;
}
int knows_nothing() {
  return HANG_INCONCLUSIVE;
}
int hangs_then_skips() {
  if (hang_trial() == 0) return hangs();
  hang_skip("no more pipes");
}

HANG_VARIANT(hangs, "hangs", nullptr, hangs)
HANG_VARIANT(slow, "slow", nullptr, is_slow)
HANG_VARIANT(dozes, "dozes", nullptr, dozes)
HANG_VARIANT(groups, "dozes-in-groups", nullptr, dozes_in_groups)
HANG_VARIANT(spins, "spins", nullptr, spins)
HANG_VARIANT(stopped, "stopped", nullptr, is_stopped)
HANG_VARIANT(no_victim, "no-victim", nullptr, has_no_victim)
HANG_VARIANT(wrong, "goes-wrong", nullptr, goes_wrong)
HANG_VARIANT(unknown, "knows-nothing", nullptr, knows_nothing)
HANG_VARIANT(skips, "hangs-then-skips", nullptr, hangs_then_skips)

int one_trial(const char* variant) {
  return run_alone(hang_main, {variant, "--trials", "1"});
}

TEST(Alone, AVictimThatSleepsOnIsAHang) {
  EXPECT_EQ(one_trial("hangs"), HANG_EXIT_HIT);
}

TEST(Alone, ASlowVictimIsNone) {
  EXPECT_EQ(one_trial("slow"), 0);
}

TEST(Alone, AVictimThatIsScheduledInBetweenIsNone) {
  EXPECT_EQ(one_trial("dozes"), 0);
}

TEST(Alone, NorIfItsSwitchesStandBehindALongListOfGroups) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may join groups";
  EXPECT_EQ(one_trial("dozes-in-groups"), 0);
}

TEST(Alone, AVictimThatRunsIsNone) {
  EXPECT_EQ(one_trial("spins"), 0);
}

TEST(Alone, AStoppedVictimIsNone) {
  EXPECT_EQ(one_trial("stopped"), 0);
}

TEST(Alone, ALookWithoutAVictimProvesNothing) {
  EXPECT_EQ(one_trial("no-victim"), 0);
}

TEST(Alone, AnAnomalyIsAFailureAndNoAnswerIsNone) {
  EXPECT_EQ(one_trial("goes-wrong"), HANG_EXIT_HIT);
  EXPECT_EQ(one_trial("knows-nothing"), HANG_EXIT_NO_ANSWER);
}

TEST(Alone, AHitIsNotLostByASkipBehindIt) {
  EXPECT_EQ(run_alone(hang_main, {"hangs-then-skips", "--trials", "2", "--ktap"}), HANG_EXIT_HIT);
}

TEST(Say, WhatATrialSaysIsOneLine) {
  hang_slot slot{};
  hang_self.slot = &slot;
  hang_note("one\nbyte\tis\r\nmissing");
  EXPECT_STREQ(slot.message, "one byte is  missing");
  hang_measure("write", "B", "%d\t%s", 5, "six\n");
  EXPECT_STREQ(slot.measurements, "write\t5 six \tB\n");
  hang_self.slot = nullptr;
}

TEST(Alone, WhatIsNoNumberIsAUsageError) {
  for (const char* number : {"1e6", "-3", "0", ""}) {
    EXPECT_EQ(run_alone(hang_main, {"hangs", "--trials", number}), HANG_EXIT_USAGE) << number;
  }
}

TEST(Alone, AnUnknownVariantIsAUsageError) {
  EXPECT_EQ(run_alone(hang_main, {"nonsense"}), HANG_EXIT_USAGE);
}

}  // namespace
}  // namespace hangrate
