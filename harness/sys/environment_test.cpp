// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/environment.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(Preempt, DebugfsWinsOverEverything) {
  const PreemptModel m = decide_preempt("none voluntary (full)", "preempt=none",
                                        "CONFIG_PREEMPT_NONE=y\n", "#1 SMP PREEMPT_DYNAMIC");
  EXPECT_EQ(m.active, "full");
  EXPECT_EQ(m.build, "PREEMPT_DYNAMIC");
}

TEST(Preempt, TheCommandLineCountsOnADynamicKernelOnly) {
  EXPECT_EQ(decide_preempt("", "quiet preempt=full", "", "#1 SMP PREEMPT_DYNAMIC").active, "full");
  EXPECT_EQ(decide_preempt("", "preempt=full", "CONFIG_PREEMPT_VOLUNTARY=y\n", "#1 SMP").active,
            "voluntary");
}

TEST(Preempt, TheConfigurationGivesTheDefault) {
  EXPECT_EQ(decide_preempt("", "", "CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT_NONE=y\n",
                           "#1 SMP PREEMPT_DYNAMIC")
                .active,
            "none");
  EXPECT_EQ(decide_preempt("", "", "CONFIG_PREEMPT_RT=y\n", "#1 SMP PREEMPT_RT").active, "rt");
}

TEST(Preempt, UnknownStaysUnknown) {
  EXPECT_EQ(decide_preempt("", "", "", "#1 SMP PREEMPT_DYNAMIC").active, "unknown");
}

}  // namespace
}  // namespace hangrate
