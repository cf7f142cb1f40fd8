// SPDX-License-Identifier: GPL-2.0-or-later
//
// Texts as kernels write them (6.18), and what is read of them.
#include "harness/model/snapshot_text.h"

#include <gtest/gtest.h>

#include "harness/model/proc_text.h"

namespace hangrate {
namespace {

TEST(SnapshotText, AnEpollTellsWhatItWatches) {
  Descriptor epoll;
  SeenProcess process;
  take_fdinfo(
      "pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1039\n"
      "tfd:        3 events:       19 data:                3  pos:0 ino:174aa16 sdev:f\n",
      epoll, process);
  ASSERT_EQ(epoll.watched.size(), 1U);
  EXPECT_EQ(epoll.watched[0], (Watched{3, 0x19, 0x174aa16}));
}

TEST(SnapshotText, ASocketTellsWhatIsInFlight) {
  Descriptor socket;
  SeenProcess process;
  take_fdinfo("pos:\t0\nscm_fds: 0\n", socket, process);
  EXPECT_FALSE(process.hands_over);
  take_fdinfo("pos:\t0\nscm_fds: 2\n", socket, process);
  EXPECT_TRUE(process.hands_over);
}

TEST(SnapshotText, AnEventfdAndAFuseDeviceGetTheirOwnNames) {
  Descriptor descriptor;
  SeenProcess process;
  take_fdinfo("eventfd-count:                0\neventfd-id: 12\n", descriptor, process);
  EXPECT_EQ(descriptor.object, "eventfd 12");
  take_fdinfo("fuse_connection:\t40\n", descriptor, process);
  EXPECT_EQ(descriptor.object, "fuse 40");
  EXPECT_EQ(descriptor.connection, 40);
}

TEST(SnapshotText, ALockThatIsWaitedForNamesItsOwner) {
  const auto waits = parse_locks(
      "1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n"
      "1: -> FLOCK  ADVISORY  WRITE 360 00:13:11691 0 EOF\n"
      "2: OFDLCK ADVISORY  READ -1 00:13:77 0 EOF\n");
  ASSERT_EQ(waits.size(), 1U);
  const std::string held = "FLOCK ADVISORY WRITE 359 00:13:11691 0 EOF";
  EXPECT_EQ(waits[0], (LockWait{360, 359, "FLOCK", "00:13:11691", held, true}));
  EXPECT_EQ(held_locks("pos:\t0\nlock:\t1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n"),
            std::vector<std::string>{held});
  EXPECT_TRUE(held_locks("pos:\t0\n").empty());
}

/// Deeper: behind another one that waits (v5.13 and later).
TEST(SnapshotText, OfTwoLocksThatReadAlikeItIsNotToldWhichOneIsWaitedFor) {
  const auto waits = parse_locks(
      "1: OFDLCK ADVISORY  READ -1 00:13:77 0 EOF\n"
      "1: -> OFDLCK ADVISORY  WRITE -1 00:13:77 0 EOF\n"
      "1:  -> OFDLCK ADVISORY  READ -1 00:13:77 0 EOF\n"
      "2: OFDLCK ADVISORY  READ -1 00:13:77 0 EOF\n"
      "3: POSIX  ADVISORY  WRITE 7 00:13:78 0 9\n"
      "3: -> POSIX  ADVISORY  WRITE 8 00:13:78 5 EOF\n");
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_EQ(waits[0].waiter, -1);
  EXPECT_EQ(waits[1].lock, "OFDLCK ADVISORY READ -1 00:13:77 0 EOF");
  EXPECT_FALSE(waits[0].only_one);
  EXPECT_TRUE(waits[2].only_one);
}

TEST(SnapshotText, AFileOfALockIsNamedByItsMountAndInode) {
  const std::string mounts =
      "36 35 0:31 / / rw - btrfs /dev/vda rw\n40 36 253:1 / /mnt rw - ext4 /dev/vda1 rw\n";
  EXPECT_EQ(lock_file("pos:\t0\nflags:\t0\nmnt_id:\t40\nino:\t1039\n", mounts), "fd:01:1039");
  EXPECT_EQ(lock_file("mnt_id:\t36\nino:\t7\n", mounts), "00:1f:7");
  EXPECT_EQ(lock_file("mnt_id:\t40\n", mounts), "") << "before v5.14";
  EXPECT_EQ(lock_file("mnt_id:\t41\nino:\t7\n", mounts), "") << "of another namespace";
}

TEST(SnapshotText, OfASelectTheSetsThatAreThereAreWanted) {
  TaskSample task;
  task.syscall_name = "pselect6";
  task.syscall = "270 0x41 0x1000 0x0 0x3000 0x0 0x0";  // 65 files: two words a set
  const auto parts = memory_wanted(task);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].address, 0x1000U);
  EXPECT_EQ(parts[1].address, 0x3000U);
  EXPECT_EQ(parts[1].bytes, 16U);
  for (const char* files : {"0x0", "0x1001", "0xffffffffffffffff"}) {
    task.syscall = std::string("270 ") + files + " 0x1000 0x2000 0x3000 0x0 0x0";
    EXPECT_TRUE(memory_wanted(task).empty()) << files;
  }
}

TEST(SnapshotText, OfStatusAndStatWhatDecidesASleep) {
  SeenTask task;
  parse_status(
      "State:\tS\nNSpid:\t700\t12\t1\nSigBlk:\t0000000000000002\nSigCgt:\t0000000000000201\n",
      task);
  EXPECT_EQ(task.numbers, (std::vector<int>{700, 12, 1}));
  EXPECT_EQ(task.blocked, 2U);
  EXPECT_EQ(task.caught, 0x201U);
  parse_stat("7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 0 0 20 0 1 0 1234 0", task);
  EXPECT_EQ(task.parent, 3);
}

TEST(SnapshotText, AMappingTellsWhatItMaps) {
  const auto all = parse_maps(
      "559a-559b rw-p 00000000 00:00 0 \n"
      "7f00-7f10 rw-s 00001000 00:01 1024                      /dev/zero (deleted)\n"
      "7f20-7f30 r--s 00000000 fd:01 77 /srv/with a space\n"
      "7f40-7f50 rw-s 00000000 00:01 8 /SYSV00000000 (deleted)\n"
      "7f60-7f70 rw-s 00000000 00:01 9 /memfd:x (deleted)\n"
      "7f80-7f90 rw-s 00000000 00:01 9 /drm mm object (deleted)\n");
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[0].to, 0x559bU);
  EXPECT_FALSE(all[0].shared);
  EXPECT_EQ(all[1].file, "00:01:1024");
  EXPECT_TRUE(all[1].shared && all[1].writes);
  EXPECT_EQ(all[2].name, "/srv/with a space");
  EXPECT_FALSE(all[2].writes);
  EXPECT_TRUE(is_private_file(all[1]));
  EXPECT_FALSE(is_private_file(all[2])) << "anybody may open it";
  EXPECT_FALSE(is_private_file(all[3])) << "anybody may attach it";
  EXPECT_TRUE(is_private_file(all[4]));
  EXPECT_FALSE(is_private_file(all[5])) << "a driver may hand it out";
}

TEST(SnapshotText, AnyTextIsTaken) {
  Descriptor descriptor;
  SeenProcess process;
  for (const char* text : {"", "\n\n", "tfd:", "lock:", "1: -> ", "1: -> a b c d e",
                           "ino:", "lock: 1: a b c d e", "mnt_id: 1\nino: 2\n1 2 3", "1 2 :"}) {
    take_fdinfo(text, descriptor, process);
    static_cast<void>(parse_locks(text));
    static_cast<void>(parse_maps(text));
    static_cast<void>(held_locks(text));
    static_cast<void>(lock_file(text, text));
  }
  EXPECT_TRUE(descriptor.watched.empty());
}

}  // namespace
}  // namespace hangrate
