// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/cgroup.h"

#include <string>

#include <gtest/gtest.h>

namespace {

/// hang_cgroup_root() skips the program where there is none, so a child asks.
bool has_cgroups() {
  hang_child child;
  static int* const has = static_cast<int*>(hang_share(sizeof *has));
  hang_child_start(&child, 0, [] { *has = hang_cgroup_root() >= 0; });
  return hang_child_ends(&child, 10) && *has != 0;
}

TEST(Cgroup, IsMadeReadToldAndRemoved) {
  if (!has_cgroups()) GTEST_SKIP() << "no cgroup v2 here: run as root";
  hang_cgroup cgroup;
  hang_cgroup_name(&cgroup, hang_cgroup_root(), "test");
  EXPECT_TRUE(hang_cgroup_removed(&cgroup, 1)) << "one that is not there is gone";
  hang_cgroup_make(cgroup);
  EXPECT_STREQ(hang_cgroup_text(cgroup, "cgroup.procs").text, "");
  EXPECT_TRUE(hang_cgroup_text(cgroup, "cgroup.events").has("populated 0"));
  hang_child child;
  hang_child_start(&child, 0, [] { pause(); });
  EXPECT_TRUE(hang_cgroup_tell(cgroup, "cgroup.procs", std::to_string(child.pid).c_str()));
  EXPECT_EQ(hang_cgroup_text(cgroup, "cgroup.procs").text, std::to_string(child.pid) + "\n");
  EXPECT_FALSE(hang_cgroup_removed(&cgroup, 1)) << "it has a member";
  EXPECT_FALSE(hang_cgroup_tell(cgroup, "cgroup.none", "1"));
  hang_child_kill(&child);
  EXPECT_TRUE(hang_child_ends(&child, 10));
  EXPECT_TRUE(hang_until([&] { return hang_cgroup_removed(&cgroup, 1); }, 10));
  EXPECT_STREQ(hang_cgroup_text(cgroup, "cgroup.procs").text, "");
  close(cgroup.root);
}

}  // namespace
