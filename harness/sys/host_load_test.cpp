// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/host_load.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(HostLoad, IsTheShareOfTheTicksBetweenTwoMoments) {
  const CpuTimes before = parse_cpu_times("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n");
  const CpuTimes after = parse_cpu_times("cpu  200 50 150 750 150 0 0 100 30 0\n");
  ASSERT_TRUE(before.known);
  const LoadFact load = load_between(before, after, 0.5);
  EXPECT_DOUBLE_EQ(load.steal, 0.25);
  EXPECT_DOUBLE_EQ(load.busy, 0.5);
  EXPECT_DOUBLE_EQ(load.queue, 0.5);
}

TEST(HostLoad, IsUnknownWhereNothingTellsIt) {
  for (const char* text : {"", "cpu", "cpu  1 2 3", "cpu0 1 2 3 4 5 6 7 8\n", "cpu  a b c\n"}) {
    EXPECT_FALSE(parse_cpu_times(text).known) << text;
  }
  const CpuTimes now = parse_cpu_times("cpu  1 0 0 1 0 0 0 0 0 0\n");
  EXPECT_LT(load_between(now, now, -1).busy, 0) << "no tick went by";
  EXPECT_LT(load_between({}, now, -1).steal, 0);
}

TEST(HostLoad, OfThisMachineIsKnown) {
  EXPECT_GE(LoadMeter().read().queue, 0);
}

}  // namespace
}  // namespace hangrate
