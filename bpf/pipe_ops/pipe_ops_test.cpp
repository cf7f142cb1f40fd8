// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/pipe_ops/pipe_ops.h"

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

hr_slot resize(hr_kind kind) {
  hr_slot s{};
  s.when = 12;
  s.tid = 3;
  s.pid = 2;
  s.kind = kind & 0x3f;
  s.call = HR_PIPE_RESIZE;
  s.flags = HR_HAS_PIPE;
  s.object = 99;
  s.value = 32;
  s.head = 16;
  s.max_usage = 16;
  s.ring_size = 32;
  return s;
}

TEST(PipeOps, DecodesACallWithItsArgumentAndPipe) {
  const auto event = decode({.cpu = 1, .slot = resize(HR_CALL)});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->cpu, 1);
  EXPECT_EQ(event->tid, 3);
  EXPECT_EQ(event->pid, 2);
  EXPECT_EQ(event->kind, TraceKind::Call);
  EXPECT_EQ(event->call, TracedCall::PipeResize);
  EXPECT_EQ(event->value, 32);
  EXPECT_EQ(event->result, 0);
  EXPECT_EQ(event->object, 99U);
  EXPECT_EQ(event->pipe, (PipeState{16, 0, 16, 32}));
}

TEST(PipeOps, DecodesAReturnWithItsResult) {
  hr_slot slot = resize(HR_RETURN);
  slot.value = -16;
  slot.flags = 0;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->result, -16);
  EXPECT_FALSE(event->pipe);
}

TEST(PipeOps, RefusesKindsAndCallsItDoesNotKnow) {
  hr_slot slot = resize(HR_CALL);
  slot.kind = 63;
  EXPECT_FALSE(decode({.slot = slot}));
  slot.kind = HR_CALL;
  slot.call = 255;
  EXPECT_FALSE(decode({.slot = slot}));
}

}  // namespace
}  // namespace hangrate
