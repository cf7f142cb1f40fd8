// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/p9_flush/p9_flush.h"

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

TEST(P9Flush, DecodesTheTypeOfAMessage) {
  hr_slot slot{};
  slot.kind = HR_CALL;
  slot.call = HR_P9_RPC;
  slot.other = 108;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->call, TracedCall::P9Rpc);
  EXPECT_EQ(event->number, 108);
}

}  // namespace
}  // namespace hangrate
