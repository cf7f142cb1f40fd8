// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/fuse_wait/fuse_wait.h"

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

TEST(FuseWait, DecodesTheEndOfARequest) {
  hr_slot slot{};
  slot.kind = HR_FUSE_END;
  slot.other = 25;
  slot.object = 42;
  slot.value = -103;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, TraceKind::FuseEnd);
  EXPECT_EQ(event->number, 25);
  EXPECT_EQ(event->object, 42U);
  EXPECT_EQ(event->result, -103);
}

}  // namespace
}  // namespace hangrate
