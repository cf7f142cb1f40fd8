// SPDX-License-Identifier: GPL-2.0-or-later
//
// A look in a process of its own is lost where its reader does not go on, and not because it takes
// long.
#include "harness/diagnose/apart.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/sys/pause.h"

namespace hangrate {
namespace {

constexpr Nanos kLimit = kSecond;

class LookApart : public ::testing::Test {
 protected:
  std::optional<Diagnosis> lost_or_not(const std::function<Diagnosis()>& look, Nanos give_up) {
    auto told = diagnosed_apart("hangrate-look", kLimit, look, &place_, give_up);
    EXPECT_TRUE(told) << told.error().what();
    return told ? std::move(*told) : std::nullopt;
  }
  /// Comes to so many processes, one after the other, in much less than the limit each.
  Diagnosis goes_on(int processes) {
    Diagnosis seen;
    for (int pid = 1; pid <= processes; ++pid) {
      place_.get()->at(pid);
      pause_for(kLimit / 20);
      seen.looked_at++;
    }
    return seen;
  }
  SharedReaderPlace place_;
};

TEST_F(LookApart, ThatGoesOnIsWaitedFor) {
  const auto seen = lost_or_not([&] { return goes_on(50); }, now_ns() + 600 * kSecond);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->looked_at, 50U);
}

TEST_F(LookApart, ThatStaysWhereItIsIsLostThere) {
  const auto seen = lost_or_not(
      [&] {
        goes_on(7);
        for (;;) ::pause();
        return Diagnosis();
      },
      now_ns() + 600 * kSecond);
  EXPECT_FALSE(seen);
  EXPECT_EQ(place_.pid(), 7);
}

TEST_F(LookApart, ThatGoesOnForEverIsGivenUp) {
  EXPECT_FALSE(lost_or_not([&] { return goes_on(1'000'000); }, now_ns() + kLimit));
  EXPECT_GT(place_.pid(), 1);
}

}  // namespace
}  // namespace hangrate
