// SPDX-License-Identifier: GPL-2.0-or-later
//
// For how long a process is left out, and when it is offered again.
#include "harness/waits/left_out.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Pids = std::set<int>;

TEST(LeftOut, IsOfferedAgainAfterATimeThatDoublesWithEachReaderThatIsLost) {
  LeftOut out;
  Nanos now = kSecond;
  for (Nanos span = LeftOut::kFirst; span < 100 * LeftOut::kFirst; span *= 2) {
    EXPECT_EQ(out.note(7, now), span == LeftOut::kFirst);
    EXPECT_EQ(out.still(now + span - 1), Pids{7});
    EXPECT_EQ(out.still(now + span), Pids{});
    EXPECT_EQ(out.all(), Pids{7}) << "until it was read";
    now += span;
  }
}

TEST(LeftOut, WhoWasReadBeginsAnew) {
  LeftOut out;
  out.note(7, 0);
  out.note(7, LeftOut::kFirst);
  out.forget(7);
  EXPECT_EQ(out.all(), Pids{});
  EXPECT_TRUE(out.note(7, 0));
  EXPECT_EQ(out.still(LeftOut::kFirst), Pids{});
}

TEST(LeftOut, EachHasItsOwnTime) {
  LeftOut out;
  out.note(7, 0);
  out.note(8, kSecond);
  EXPECT_EQ(out.still(LeftOut::kFirst), Pids{8});
  EXPECT_EQ(out.all(), (Pids{7, 8}));
}

}  // namespace
}  // namespace hangrate
