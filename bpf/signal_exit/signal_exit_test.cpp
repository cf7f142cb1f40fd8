// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/signal_exit/signal_exit.h"

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

TEST(SignalExit, DecodesASignalThatWasIgnored) {
  hr_slot slot{};
  slot.kind = HR_SIGNAL;
  slot.other = 7;
  slot.object = 9;
  slot.value = 1;
  const auto event = decode({.slot = slot});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->other, 7);
  EXPECT_EQ(event->number, 9);
  EXPECT_EQ(event->result, 1);
  EXPECT_EQ(event->object, 0U);
}

}  // namespace
}  // namespace hangrate
