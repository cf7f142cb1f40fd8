// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/sight_of.h"

#include <cstring>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(SightOf, TheAnswerToALeverStandsWhereverTheWorkerIsByNow) {
  protocol::Slot slot{};
  slot.lever_pulled = 1;
  for (const std::uint32_t state : {HANG_PARKED, HANG_RUNNING, HANG_IDLE}) {
    slot.state.store(state);
    EXPECT_TRUE(sight_of(slot).pulled);
  }
}

TEST(SightOf, AMessageIsOfAWorkerThatReportsOrLeaves) {
  protocol::Slot slot{};
  std::strcpy(slot.message, "no device");
  slot.state.store(HANG_RUNNING);
  EXPECT_EQ(sight_of(slot).message, "");
  for (const std::uint32_t state : {HANG_REPORTED, HANG_SKIPPED, HANG_FAILED}) {
    slot.state.store(state);
    EXPECT_EQ(sight_of(slot).message, "no device");
  }
}

TEST(SightOf, AStateThatIsNoneIsAFailure) {
  protocol::Slot slot{};
  slot.state.store(77);
  EXPECT_EQ(sight_of(slot).state, WorkerIs::Failed);
}

}  // namespace
}  // namespace hangrate
