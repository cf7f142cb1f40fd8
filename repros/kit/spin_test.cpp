// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is told apart: a task that is over, one that sleeps, one that is busy outside of the kernel,
// and one that never comes out of it.
#include "repros/kit/spin.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, in headers since v5.14

class Spin : public ::testing::Test {
 protected:
  ~Spin() override {
    hang_child_kill(&child_);
    EXPECT_TRUE(hang_child_ends(&child_, 10));
  }
  hang_spin watch(void (*body)()) {
    EXPECT_STREQ(hang_place(0, hang_cpu(0), SCHED_OTHER), "");
    hang_child_start(&child_, 0, body);
    return hang_watch_spin(child_.pid, &hang_times::preempted,
                           [this] { return hang_child_reaped(&child_); });
  }
  hang_child child_;
};

TEST(Times, AreCountedFromTheLastParenthesis) {
  const hang_times times =
      hang_times_in("7 (a) R (b) S 1 7 7 0 -1 4194560 92 0 0 0 31 42 0 0 20 0");
  EXPECT_EQ(times.state, 'S');
  EXPECT_EQ(times.faults, 92);
  EXPECT_EQ(times.user, 31);
  EXPECT_EQ(times.system, 42);
  EXPECT_EQ(hang_times_in("7 (cut) S 1 7").state, '?');
  EXPECT_EQ(hang_times_in("").state, '?');
}

TEST(Times, SleepHasThreeLetters) {
  EXPECT_TRUE(hang_sleeps('S'));
  EXPECT_TRUE(hang_sleeps('D'));
  EXPECT_TRUE(hang_sleeps('I'));
  for (const char state : {'R', 'T', 't', 'Z', 'X', '?'}) EXPECT_FALSE(hang_sleeps(state)) << state;
}

TEST(Killed, IsToldAsItWasSeen) {
  EXPECT_STREQ(hang_kill_words(HANG_SPIN_OVER), "SIGKILL ended it");
  EXPECT_STREQ(hang_kill_words(HANG_SPIN_PROVEN), "SIGKILL did not end it");
  EXPECT_STREQ(hang_kill_words(HANG_SPIN_SLEEPS), "whether SIGKILL ends it is not clear");
  EXPECT_STREQ(hang_kill_words(HANG_SPIN_UNCLEAR), "whether SIGKILL ends it is not clear");
}

TEST_F(Spin, OneThatEndsIsOver) {
  EXPECT_EQ(watch([] {}), HANG_SPIN_OVER);
}

TEST_F(Spin, OneThatSleepsDoesNotSpin) {
  EXPECT_EQ(watch([] { pause(); }), HANG_SPIN_SLEEPS);
}

TEST_F(Spin, OneThatIsBusyOutsideDoesNotSpin) {
  EXPECT_EQ(watch([] {
              for (const int64_t end = hang_now() + 1000000000; hang_now() < end;) continue;
            }),
            HANG_SPIN_OVER);
}

/// As good as: nearly all of its time goes into filling memory with zeros, which the kernel does.
TEST_F(Spin, OneThatStaysInTheKernelSpinsUntilItIsKilled) {
  char* page = static_cast<char*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const bool can_populate = madvise(page, 4096, kPopulateWrite) == 0;
  munmap(page, 4096);
  if (!can_populate) GTEST_SKIP() << "no MADV_POPULATE_WRITE: needs v5.14";
  EXPECT_EQ(watch([] {
              const size_t size = 64 << 20;
              void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
              while (madvise(memory, size, MADV_DONTNEED) == 0 &&
                     madvise(memory, size, kPopulateWrite) == 0) {
              }
              pause();
            }),
            HANG_SPIN_PROVEN);
  EXPECT_EQ(hang_kill_spinner(&child_, &hang_times::preempted), HANG_SPIN_OVER);
}

}  // namespace
}  // namespace hangrate
