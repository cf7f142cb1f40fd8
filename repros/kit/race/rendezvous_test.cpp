// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/race/rendezvous.h"

#include <algorithm>
#include <new>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate::kit {
namespace {

TEST(Rendezvous, EachLeavesAfterItsOwnDelay) {
  constexpr Nanos kDelay = 3 * kMilli;
  Rendezvous point(2, true);
  std::vector<Nanos> gaps;
  for (int round = 0; round < 20; ++round) {
    Nanos late_one = 0;
    std::thread other([&] {
      point.meet(kDelay);
      late_one = now_ns();
    });
    point.meet(0);
    const Nanos early_one = now_ns();
    other.join();
    gaps.push_back(late_one - early_one);
  }
  // A loaded machine makes either late; the median of 20 tells.
  std::nth_element(gaps.begin(), gaps.begin() + 10, gaps.end());
  EXPECT_GT(gaps[10], kDelay / 2);
  EXPECT_LT(gaps[10], 3 * kDelay);
}

TEST(Rendezvous, NobodyLeavesBeforeAllHaveCome) {
  constexpr int kParties = 4;
  Rendezvous point(kParties, true);
  std::atomic<int> came{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> parties;
  for (int i = 0; i < kParties; ++i) {
    parties.emplace_back([&] {
      for (int round = 1; round <= 200; ++round) {
        came.fetch_add(1);
        if (point.meet(0) == Rendezvous::kNobody) wrong.fetch_add(1);
        if (came.load() < round * kParties) wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& party : parties) party.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Rendezvous, JoinsProcesses) {
  void* memory = ::mmap(nullptr, sizeof(Rendezvous), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* point = new (memory) Rendezvous(2, true);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(point->meet(0) == Rendezvous::kNobody ? 1 : 0);
  EXPECT_NE(point->meet(0), Rendezvous::kNobody);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::munmap(memory, sizeof(Rendezvous));
}

TEST(Rendezvous, GivesUpOnOthersThatDoNotCome) {
  Rendezvous point(2);
  EXPECT_EQ(point.meet(0, 5 * kMilli), Rendezvous::kNobody);
}

}  // namespace
}  // namespace hangrate::kit
