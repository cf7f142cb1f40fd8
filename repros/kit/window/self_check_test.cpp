// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/window/self_check.h"

#include <algorithm>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

namespace window {
namespace {

constexpr std::size_t kSmall = 1000;
constexpr Nanos kLeast = 5 * kMicro;

TEST(Crowd, TakesNoMoreEntriesThanDescriptorsAreAllowed) {
  EXPECT_LE(Crowd::most(100), 100u);
  EXPECT_GT(Crowd::most(100), 0u);
}

TEST(Herd, LengthensAWakeUpAndLeavesWithTheFile) {
  Herd herd;
  ASSERT_EQ(herd.build(Crowd::most(4 * kSmall)), "");
  const Nanos without = wake_cost(nullptr, 31);
  const Nanos with = wake_cost(&herd, 31);
  ASSERT_GT(without, 0);
  EXPECT_GT(with, without + static_cast<Nanos>(
                                Crowd::most(4 * kSmall)));  // 1 ns an entry is less than it takes
  EXPECT_LT(wake_cost(nullptr, 31), with);
}

TEST(Herd, AttachesToFileAfterFile) {
  Herd herd;
  ASSERT_EQ(herd.build(16), "");
  for (int i = 0; i < 100; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const hang_fd read_end(ends[0]);
    const hang_fd write_end(ends[1]);
    EXPECT_TRUE(herd.attach(write_end));
    EXPECT_FALSE(herd.attach(write_end)) << "once is all";
    if (i % 2 != 0) herd.detach(write_end);
  }
}

TEST(Herd, AWakeUpThatNamesItsEventPassesItBy) {
  Herd herd;
  ASSERT_EQ(herd.build(Crowd::most(4 * kSmall)), "");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const hang_fd read_end(ends[0]);
  const hang_fd write_end(ends[1]);
  ASSERT_TRUE(herd.attach(write_end));
  const Nanos walked = wake_cost(&herd, 31);
  // Reading from a full pipe wakes writers with POLLOUT.
  const std::vector<char> full(65536);
  Nanos least = kSecond;
  for (int i = 0; i < 31; ++i) {
    ASSERT_GT(::write(write_end, full.data(), full.size()), 0);
    std::vector<char> page(4096);
    const Nanos start = hang_now();
    ASSERT_EQ(::read(read_end, page.data(), page.size()), 4096);
    least = std::min(least, hang_now() - start);
    while (::read(read_end, page.data(), page.size()) > 0) {
    }
  }
  EXPECT_LT(least, walked);
}

TEST(Interrupt, ALargerCrowdHoldsTheCpuLonger) {
  const Placement here{.cpu = hang_cpu(0)};
  ASSERT_EQ(grant(0, here), "");
  Interrupt hold;
  ASSERT_EQ(hold.build(Crowd::most(4 * kSmall)), "");
  const HoldSeen seen = typical_hold(hold, 31, kLeast);
  EXPECT_GT(seen.held, kLeast);
  EXPECT_GT(seen.late, -kMilli);
  EXPECT_LT(seen.late, 2 * kMilli);
}

TEST(Interrupt, OneThatIsDisarmedDoesNotCome) {
  Interrupt hold;
  ASSERT_EQ(hold.build(16), "");
  hold.arm(hang_now() + kMilli);
  hold.disarm();
  hold.arm(1);  // long past: at once
  hold.disarm();
}

TEST(Grant, RefusesACpuThereIsNot) {
  EXPECT_NE(grant(0, {.cpu = CPU_SETSIZE - 1}), "");
}

TEST(Grant, ReadsBackWhatTheKernelMadeOfIt) {
  const int cpu = hang_cpu(1);
  EXPECT_EQ(grant(0, {.cpu = cpu, .policy = SCHED_BATCH}), "");
  EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
  EXPECT_EQ(grant(0, {.cpu = cpu, .policy = SCHED_OTHER}), "");
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace window
