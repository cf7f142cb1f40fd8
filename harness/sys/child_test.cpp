// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/child.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace hangrate {
namespace {

TEST(Child, ASignalNeverGoesToMoreThanItWasMeantFor) {
  // Signal 0 reaches nobody and still tells whether kill(2) would have been called.
  for (const pid_t none : {-1, 0, -::getpgrp()}) EXPECT_FALSE(signal_process(none, 0)) << none;
  for (const pid_t none : {1, 0, -1}) EXPECT_FALSE(signal_group(none, 0)) << none;
  EXPECT_TRUE(signal_process(::getpid(), 0));
  EXPECT_TRUE(signal_group(::getpgrp(), 0));
}

}  // namespace
}  // namespace hangrate
