// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/stack_text.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(StackText, ReadsTasksAndFrames) {
  const auto stacks = parse_task_stacks(
      "task 7 6 746163 0\nschedule+0x20/0x90\npipe_read+0x1a7/0x6e0\nvfs_read+0x1/0x2\n"
      "task 8 6 6464 0\n");
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks[0].task.tid, 7);
  EXPECT_EQ(stacks[0].task.pid, 6);
  EXPECT_EQ(stacks[0].task.comm, "cat");
  EXPECT_EQ(stacks[0].frames, (std::vector<std::string>{"pipe_read", "vfs_read"}));
  EXPECT_TRUE(stacks[1].frames.empty());
}

TEST(StackText, ANameCannotForgeALine) {
  // "a\ntask 9 9 w"
  const auto stacks = parse_task_stacks("task 7 6 3920206b7361740a61 772039\npipe_read+0x1/0x2\n");
  EXPECT_TRUE(stacks.empty());  // nine bytes are no word
  const auto named = parse_task_stacks("task 7 6 206b7361740a61 77203920\npipe_read+0x1/0x2\n");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].task.comm, "a\ntask ");
  EXPECT_EQ(named[0].frames, std::vector<std::string>{"pipe_read"});
}

TEST(StackText, NamesAnAddressByItsFile) {
  const auto layout = parse_layout(
      "00400000-00401000 r--p 00000000 fe:00 12 /opt/repro\n"
      "00401000-00480000 r-xp 00001000 fe:00 12 /opt/repro\n"
      "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 [vdso]\n");
  ASSERT_EQ(layout.size(), 1U);
  EXPECT_EQ(name_address(layout, 0x401234), "repro+0x1234");
  EXPECT_EQ(name_address(layout, 0x999999), "0x999999");
}

}  // namespace
}  // namespace hangrate
