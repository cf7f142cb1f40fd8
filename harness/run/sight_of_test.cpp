// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/sight_of.h"

#include <cstring>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using protocol::WorkerState;

TEST(SightOf, TheAnswerToALeverStandsWhereverTheWorkerIsByNow) {
  protocol::Slot slot{};
  slot.lever_pulled = 1;
  for (const WorkerState state : {WorkerState::Parked, WorkerState::Running, WorkerState::Idle}) {
    protocol::set_state(slot, state);
    EXPECT_TRUE(sight_of(slot).pulled);
  }
}

TEST(SightOf, AMessageIsOfAWorkerThatReportsOrLeaves) {
  protocol::Slot slot{};
  std::strcpy(slot.message, "no device");
  protocol::set_state(slot, WorkerState::Running);
  EXPECT_EQ(sight_of(slot).message, "");
  for (const auto state : {WorkerState::Reported, WorkerState::Skipped, WorkerState::Failed}) {
    protocol::set_state(slot, state);
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
