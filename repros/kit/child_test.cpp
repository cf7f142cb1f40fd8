// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/child.h"

#include <gtest/gtest.h>

namespace {

void wait_for_ever() {
  while (true) ::pause();
}

TEST(Child, IsReapedOnceItIsDeadAndNotBefore) {
  hang_child child;
  EXPECT_TRUE(hang_child_reaped(&child));
  hang_child_start(&child, 0, wait_for_ever);
  EXPECT_FALSE(hang_child_ends(&child, 0));
  hang_child_kill(&child);
  EXPECT_TRUE(hang_child_ends(&child, 5));
  EXPECT_EQ(child.pid, 0);
}

TEST(Child, OfAnotherOneCanBeAdopted) {
  static int* const pid = static_cast<int*>(hang_share(sizeof *pid));
  hang_child parent, heir;
  hang_child_start(&parent, 0, [] {
    hang_child sibling;
    hang_child_start(&sibling, CLONE_PARENT, wait_for_ever);
    *pid = sibling.pid;
  });
  ASSERT_TRUE(hang_child_ends(&parent, 5));
  hang_child_adopt(&heir, *pid);
  EXPECT_FALSE(hang_child_reaped(&heir));
  hang_child_kill(&heir);
  EXPECT_TRUE(hang_child_ends(&heir, 5));
}

}  // namespace
