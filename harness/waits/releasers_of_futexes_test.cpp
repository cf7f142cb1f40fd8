// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is taken for able to wake a futex.
#include <gtest/gtest.h>

#include "harness/model/snapshot_text.h"
#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

class Futexes : public testing::MadeGraph {
 protected:
  void word(int tid, std::uint32_t value) {
    made_.seen().memory[tid] = std::string(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// A wait without FUTEX_PRIVATE_FLAG, as pthread_join() makes it.
  SeenTask& waiter(int pid) {
    word(pid, 2);
    return made_.sleeper(pid, "futex", "0x1000 0x109 0x2 0x0");
  }
  void in_memory_of(int tid, const std::string& object, std::vector<int> mappers) {
    made_.seen().futexes[tid] = {true, object, std::move(mappers)};
  }
  SeenTask& napper(int pid) { return made_.sleeper(pid, "nanosleep", "0x1 0x0"); }
  const std::string kUnlinked = unlinked_name(1, 7);
};

TEST_F(Futexes, InMemoryOfItsProcessAloneAreWokenByItsThreads) {
  waiter(10);
  EXPECT_TRUE(judged().proofs.empty()) << "what the word lies in is not known";
  made_.seen().futexes[10] = {};
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_EQ(judged().proofs[0].kind, ProofKind::Orphaned);
  SeenTask& other = made_.thread(10, 11);
  other.sample.syscall_name = "nanosleep";
  other.sample.syscall = "35 0x1";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Futexes, InSharedMemoryAreWokenByWhoeverMapsIt) {
  waiter(10);
  waiter(11);
  in_memory_of(10, kUnlinked, {10, 11});
  in_memory_of(11, kUnlinked, {10, 11});
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_EQ(judged().proofs[0].kind, ProofKind::Deadlock);
  napper(12);
  EXPECT_EQ(judged().proofs.size(), 1U) << "it does not map it";
  in_memory_of(11, kUnlinked, {10, 11, 12});
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Futexes, InSharedMemoryAreWokenByWhoeverCouldMapIt) {
  waiter(10);
  in_memory_of(10, kUnlinked, {10});
  EXPECT_EQ(judged().proofs.size(), 1U);
  napper(12);
  made_.holds(12, 3, ObjectKind::Other, kUnlinked, true, true);
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Futexes, InAFileWithANameMayBeWokenByAnybody) {
  waiter(10);
  in_memory_of(10, "/dev/shm/memory", {10});
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Futexes, InSharedMemoryThatIsHandedOverAreStuck) {
  waiter(10);
  in_memory_of(10, kUnlinked, {10});
  made_.runner(20);
  made_.seen().processes[20].hands_over = true;
  EXPECT_TRUE(judged().proofs.empty());
  EXPECT_EQ(judged().stuck.size(), 1U);
}

TEST_F(Futexes, AreWokenByWhatIsQueuedInAnIoUring) {
  waiter(10);
  made_.seen().futexes[10] = {};
  made_.seen().processes[10].rings = true;
  EXPECT_TRUE(judged().proofs.empty());
}

/// FUTEX_LOCK_PI: the kernel lets nobody but the owner unlock it.
TEST_F(Futexes, WithAnOwnerAreUnlockedByItAlone) {
  made_.sleeper(10, "futex", "0x1000 0x86 0x0 0x0", "futex_lock_pi");
  word(10, 0x80000000U | 11);
  SeenTask& owner = made_.thread(10, 11);
  owner.sample.syscall_name = "read";
  owner.sample.syscall = "0 0x3";
  owner.sample.wchan = "pipe_read";
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  EXPECT_EQ(judged().proofs.size(), 1U);
  owner.sample.wchan = "hrtimer_nanosleep";
  owner.sample.syscall_name = "nanosleep";
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Futexes, WhoseOwnerIsNotToldProveNothing) {
  made_.sleeper(10, "futex", "0x1000 0x86 0x0 0x0", "futex_lock_pi");
  SeenTask& owner = made_.thread(10, 11);
  owner.sample = made_.seen().tasks[10].sample;
  owner.sample.tid = 11;
  word(11, 0x80000000U | 10);
  word(10, 0x80000000U | 11);
  EXPECT_EQ(judged().proofs.size(), 1U);
  for (const std::uint32_t value : {11U, 0xc0000000U | 11, 0x80000000U, 0x80000000U | 12}) {
    word(10, value);
    EXPECT_TRUE(judged().proofs.empty()) << value;
  }
}

}  // namespace
}  // namespace hangrate
