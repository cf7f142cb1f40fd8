// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/environment.h"

#include <gtest/gtest.h>

#include "harness/sys/cgroup.h"

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

TEST(CgroupMounts, FindsV2AndAUsefulV1) {
  const std::string hybrid =
      "30 25 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
      "36 25 0:32 / /sys/fs/cgroup/pids rw,relatime shared:1 - cgroup cgroup rw,pids\n"
      "39 25 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
  const CgroupMounts mounts = find_cgroup_mounts(hybrid);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.v1, "/sys/fs/cgroup/pids");
  EXPECT_EQ(mounts.v1_controller, "pids");
}

TEST(CgroupMounts, NoneIsNone) {
  const CgroupMounts mounts = find_cgroup_mounts("22 1 0:20 / /proc rw - proc proc rw\ngarbage\n");
  EXPECT_TRUE(mounts.v2.empty());
  EXPECT_TRUE(mounts.v1.empty());
}

}  // namespace
}  // namespace hangrate
