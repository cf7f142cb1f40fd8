// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/window/rendezvous.h"

#include <algorithm>
#include <new>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace window {
namespace {

TEST(Rendezvous, EachLeavesAfterItsOwnDelay) {
  constexpr int64_t kDelay = 3 * 1000000;
  Rendezvous point(2, true);
  int64_t soonest = 1000000000;
  for (int round = 0; round < 20; ++round) {
    int64_t other_came = 0;
    int64_t other_left = 0;
    std::thread other([&] {
      other_came = hang_now();
      point.meet(kDelay);
      other_left = hang_now();
    });
    const int64_t came = hang_now();
    point.meet(0);
    const int64_t left = hang_now();
    other.join();
    const int64_t met = std::max(came, other_came);
    EXPECT_GE(other_left - met, kDelay);
    soonest = std::min(soonest, left - met);
  }
  // A loaded machine makes the one without a delay late, but not in each of 20 rounds.
  EXPECT_LT(soonest, kDelay);
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
  EXPECT_EQ(point.meet(0, 5 * 1000000), Rendezvous::kNobody);
}

}  // namespace
}  // namespace window
