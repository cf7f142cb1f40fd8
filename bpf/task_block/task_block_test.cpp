// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/task_block/task_block.h"

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

TEST(TaskBlock, KnowsTheStatesOfASleeper) {
  EXPECT_EQ(decode_state(0x1), 'S');
  EXPECT_EQ(decode_state(0x2001), 'S');  // TASK_FREEZABLE, v6.1
  EXPECT_EQ(decode_state(0x2), 'D');
  EXPECT_EQ(decode_state(0x102), 'K');
  EXPECT_EQ(decode_state(0x402), 'I');
  EXPECT_EQ(decode_state(0x104), 'T');
  EXPECT_EQ(decode_state(0x108), 't');
  EXPECT_EQ(decode_state(0x80), 'X');
  EXPECT_EQ(decode_state(0x1000), '?');
}

TEST(TaskBlock, DecodesASleepInACall) {
  hr_slot slot{};
  slot.kind = HR_SLEEP;
  slot.call = HR_PIPE_WRITE;
  slot.flags = HR_HAS_PIPE;
  slot.other = 1;
  slot.head = 16;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->call, TracedCall::PipeWrite);
  EXPECT_EQ(event->state, 'S');
  EXPECT_EQ(event->other, 0);
  EXPECT_EQ(event->pipe->head, 16U);
}

TEST(TaskBlock, DecodesAWakeUp) {
  hr_slot slot{};
  slot.kind = HR_WAKE;
  slot.tid = 5;
  slot.other = 6;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->tid, 5);
  EXPECT_EQ(event->other, 6);
}

TEST(TaskBlock, DropsZerosBehindUserFrames) {
  hr_slot slot{};
  slot.object = 1;
  slot.value = 2;
  EXPECT_EQ(user_frames(slot), (std::vector<std::uint64_t>{1, 2}));
}

}  // namespace
}  // namespace hangrate
