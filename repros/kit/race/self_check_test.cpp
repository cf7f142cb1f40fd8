// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/self_check.h"

#include <algorithm>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

namespace hangrate::kit {
namespace {

constexpr std::size_t kSmall = 1000;
constexpr Nanos kLeast = 5 * kMicro;

TEST(PollCrowd, TakesNoMoreEntriesThanDescriptorsAreAllowed) {
  EXPECT_LE(PollCrowd::most(100), 100u);
  EXPECT_GT(PollCrowd::most(100), 0u);
}

TEST(WakeHerd, LengthensAWakeUpAndLeavesWithTheFile) {
  WakeHerd herd;
  ASSERT_EQ(herd.build(PollCrowd::most(4 * kSmall)), "");
  const Nanos without = wake_cost(nullptr, 31);
  const Nanos with = wake_cost(&herd, 31);
  ASSERT_GT(without, 0);
  EXPECT_GT(with, without + static_cast<Nanos>(PollCrowd::most(
                                4 * kSmall)));  // 1 ns an entry is less than it takes
  EXPECT_LT(wake_cost(nullptr, 31), with);
}

TEST(WakeHerd, AttachesToFileAfterFile) {
  WakeHerd herd;
  ASSERT_EQ(herd.build(16), "");
  for (int i = 0; i < 100; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    const UniqueFd write_end(ends[1]);
    EXPECT_TRUE(herd.attach(write_end.get()));
    EXPECT_FALSE(herd.attach(write_end.get())) << "once is all";
    if (i % 2 != 0) herd.detach(write_end.get());
  }
}

TEST(WakeHerd, AWakeUpThatNamesItsEventPassesItBy) {
  WakeHerd herd;
  ASSERT_EQ(herd.build(PollCrowd::most(4 * kSmall)), "");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  ASSERT_TRUE(herd.attach(write_end.get()));
  const Nanos walked = wake_cost(&herd, 31);
  // Reading from a full pipe wakes writers with POLLOUT.
  const std::vector<char> full(65536);
  Nanos least = kSecond;
  for (int i = 0; i < 31; ++i) {
    ASSERT_GT(::write(write_end.get(), full.data(), full.size()), 0);
    std::vector<char> page(4096);
    const Nanos start = now_ns();
    ASSERT_EQ(::read(read_end.get(), page.data(), page.size()), 4096);
    least = std::min(least, now_ns() - start);
    while (::read(read_end.get(), page.data(), page.size()) > 0) {
    }
  }
  EXPECT_LT(least, walked);
}

TEST(InterruptHold, ALargerCrowdHoldsTheCpuLonger) {
  const Placement here{.cpu = allowed_cpus().front()};
  ASSERT_EQ(grant(0, here), "");
  InterruptHold hold;
  ASSERT_EQ(hold.build(PollCrowd::most(4 * kSmall)), "");
  const HoldSeen seen = typical_hold(hold, 31, kLeast);
  EXPECT_GT(seen.held, kLeast);
  EXPECT_GT(seen.late, -kMilli);
  EXPECT_LT(seen.late, 2 * kMilli);
}

TEST(InterruptHold, OneThatIsDisarmedDoesNotCome) {
  InterruptHold hold;
  ASSERT_EQ(hold.build(16), "");
  hold.arm(now_ns() + kMilli);
  hold.disarm();
  hold.arm(1);  // long past: at once
  hold.disarm();
}

TEST(Grant, RefusesACpuThereIsNot) {
  EXPECT_NE(grant(0, {.cpu = CPU_SETSIZE - 1}), "");
}

TEST(Grant, ReadsBackWhatTheKernelMadeOfIt) {
  const int cpu = allowed_cpus().back();
  EXPECT_EQ(grant(0, {.cpu = cpu, .policy = SCHED_BATCH}), "");
  EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
  EXPECT_EQ(grant(0, {.cpu = cpu, .policy = SCHED_OTHER}), "");
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace hangrate::kit
