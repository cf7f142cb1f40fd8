// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is taken for able to release a lock of a file.
#include <gtest/gtest.h>

#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

class Locks : public testing::MadeGraph {
 protected:
  /// Tasks 10 and 11 each have the lock of one file, and want that of the other.
  void crossing(const std::string& kind, const std::string& call, const std::string& arguments) {
    for (const int pid : {10, 11}) {
      made_.sleeper(pid, call, arguments, "locks_lock_inode_wait");
      held(pid, 3).locks = {text(kind, pid)};
      held(pid, 4);
    }
    wait(10, 11, kind);
    wait(11, 10, kind);
  }
  Descriptor& held(int pid, int number) {
    return made_.holds(pid, number, ObjectKind::Other, "/tmp/file", true, true);
  }
  static bool described(const std::string& kind) { return kind == "OFDLCK"; }
  static std::string file_of(int owner) { return "00:01:" + std::to_string(owner); }
  static std::string text(const std::string& kind, int owner) {
    const int pid = described(kind) ? -1 : owner;
    return kind + " ADVISORY WRITE " + std::to_string(pid) + " " + file_of(owner) + " 0 EOF";
  }
  void wait(int waiter, int owner, const std::string& kind) {
    LockWait line;
    line.waiter = described(kind) ? -1 : waiter;
    line.owner = described(kind) ? -1 : owner;
    line.kind = kind;
    line.file = file_of(owner);
    line.lock = text(kind, owner);
    made_.seen().locks.push_back(line);
    made_.seen().processes[waiter].descriptors[1].file = described(kind) ? line.file : "";
  }
  void napper(int pid) { made_.sleeper(pid, "nanosleep", "0x1 0x0"); }
};

TEST_F(Locks, ThatCrossAreADeadlock) {
  crossing("FLOCK", "flock", "0x4 0x2");
  EXPECT_EQ(judged().proofs.size(), 1U);
  napper(12);  // it got the open file by fork
  held(12, 3).locks = {text("FLOCK", 10)};
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Locks, OfOpenFileDescriptionsThatCrossAreADeadlock) {
  crossing("OFDLCK", "fcntl", "0x4 0x26 0x1000");
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_EQ(judged().proofs[0].members.size(), 2U);
  napper(12);
  held(12, 3).locks = {text("OFDLCK", 10)};
  EXPECT_TRUE(judged().proofs.empty()) << "it has the open file description too";
}

TEST_F(Locks, OfAnOpenFileDescriptionAreReleasedByNobodyWhoHasAnotherOne) {
  crossing("OFDLCK", "fcntl", "0x4 0x26 0x1000");
  napper(12);
  held(12, 3);
  EXPECT_EQ(judged().proofs.size(), 1U) << "the same file, opened anew";
}

TEST_F(Locks, OfAnOpenFileDescriptionProveNothingWhereTheFileIsNotKnown) {
  crossing("OFDLCK", "fcntl", "0x4 0x26 0x1000");
  made_.seen().processes[10].descriptors[1].file.clear();
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Locks, ThatReadAlikeMayBeHeldBySomebodyElse) {
  crossing("OFDLCK", "fcntl", "0x4 0x26 0x1000");
  made_.seen().locks[0].only_one = false;
  EXPECT_TRUE(judged().proofs.empty());
}

/// It took the lock, gave the open file to a child and closed it: nothing is left to unlock it by.
TEST_F(Locks, OfAnOpenFileAreNotReleasedByWhoTookThemAndHasItNoMore) {
  crossing("FLOCK", "flock", "0x4 0x2");
  napper(12);
  made_.seen().locks[0].owner = 12;
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().locks[0].kind = "POSIX";
  made_.seen().tasks[10].sample.syscall_name = "fcntl";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Locks, ThatNobodyShowsProveNothing) {
  crossing("FLOCK", "flock", "0x4 0x2");
  made_.seen().processes[11].descriptors[0].locks.clear();
  EXPECT_TRUE(judged().proofs.empty());
}

/// The line of a process is not that of its other thread, nor that of another kind of lock.
TEST_F(Locks, OfALineTooFewItIsNotToldWhoseItIs) {
  crossing("POSIX", "fcntl", "0x4 0x7 0x1000");
  EXPECT_EQ(judged().proofs.size(), 1U);
  SeenTask& other = made_.thread(10, 13);
  other.sample = made_.seen().tasks[10].sample;
  other.sample.tid = 13;
  EXPECT_TRUE(judged().proofs.empty());
  made_.seen().tasks.erase(13);
  made_.seen().locks[0].kind = "FLOCK";
  EXPECT_TRUE(judged().proofs.empty());
}

/// fs/locks.c __locks_insert_block(): it may wait behind one that gives up.
TEST_F(Locks, AreGotByWhoWaitsForThemToo) {
  crossing("FLOCK", "flock", "0x4 0x2");
  made_.sleeper(12, "flock", "0x4 0x2", "locks_lock_inode_wait");
  held(12, 3);
  held(12, 4);
  wait(12, 11, "FLOCK");
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.seen().tasks[12].sample.state = 'T';
  EXPECT_TRUE(judged().proofs.empty());
}

}  // namespace
}  // namespace hangrate
