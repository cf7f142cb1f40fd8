// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/mountinfo.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(Mountinfo, OptionalFieldsAndEscapesDoNotConfuseIt) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 / / rw,noatime - ext4 /dev/root rw\n"
      "40 36 0:52 / /mnt/a\\040b rw master:1 shared:2 - fuse.sshfs hangrate-1-2 rw,user_id=0\n"
      "garbage - x\n"
      "41 36 nodev / /x rw - fuse y rw\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_FALSE(mounts[0].is_fuse());
  EXPECT_EQ(mounts[0].major, 98);
  EXPECT_TRUE(mounts[1].is_fuse());
  EXPECT_EQ(mounts[1].minor, 52);
  EXPECT_EQ(mounts[1].where, "/mnt/a b");
  EXPECT_EQ(mounts[1].source, "hangrate-1-2");
}

TEST(Mountinfo, FusectlAndFuseblkAreNoConnectionsOfAServer) {
  const auto mounts = parse_mountinfo(
      "1 0 0:5 / /sys/fs/fuse/connections rw - fusectl none rw\n"
      "2 0 8:1 / /ntfs rw - fuseblk /dev/sda1 rw\n");
  ASSERT_EQ(mounts.size(), 2u);
  for (const Mount& mount : mounts) EXPECT_FALSE(mount.is_fuse()) << mount.type;
}

}  // namespace
}  // namespace hangrate
