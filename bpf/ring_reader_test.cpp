// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/ring_reader.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

/// A ring in ordinary memory, written as a kernel program would.
class Ring {
 public:
  explicit Ring(std::size_t size, int cpu = 0) : slots_(size), cpu_(cpu) {}

  void write(Nanos when, std::uint32_t tid = 1) {
    const std::uint64_t position = head_.pos++;
    hr_slot& slot = slots_[position & (slots_.size() - 1)];
    slot = {};
    slot.when = static_cast<std::uint64_t>(when);
    slot.tid = tid;
    slot.seq = position + 1;
  }
  hr_slot& at(std::uint64_t position) { return slots_[position & (slots_.size() - 1)]; }
  hr_head& head() { return head_; }
  RingView view() const { return {slots_, &head_, cpu_}; }

 private:
  std::vector<hr_slot> slots_;
  hr_head head_{};
  int cpu_;
};

std::vector<Nanos> times(const RingRead& read) {
  std::vector<Nanos> all;
  for (const RawEvent& event : read.events) all.push_back(static_cast<Nanos>(event.slot.when));
  return all;
}

RingRead read_from(const Ring& ring, Nanos from) {
  RingRead read;
  read_ring(ring.view(), from, read);
  return read;
}

TEST(RingReader, GivesNothingOfAnEmptyRing) {
  const RingRead read = read_from(Ring(8), 0);
  EXPECT_TRUE(read.events.empty());
  EXPECT_TRUE(read.wrapped.empty());
  EXPECT_TRUE(read.waiting.empty());
}

TEST(RingReader, StopsAtTheWindowAndSaysNothingIsLost) {
  Ring ring(8);
  for (int i = 1; i <= 20; ++i) ring.write(i * kSecond);
  const RingRead read = read_from(ring, 18 * kSecond);
  EXPECT_EQ(times(read), (std::vector<Nanos>{20 * kSecond, 19 * kSecond, 18 * kSecond}));
  EXPECT_TRUE(read.wrapped.empty());
}

TEST(RingReader, AnOldTimeAmongYoungOnesIsNotTheEndOfTheWindow) {
  // A writer lost its CPU for long between taking its slot and reading the clock: position 0 is
  // younger than its successors. And a call told late is older than what lies before it.
  Ring ring(64);
  ring.write(20 * kSecond);
  ring.write(17 * kSecond);
  ring.write(17 * kSecond);
  EXPECT_EQ(times(read_from(ring, 19 * kSecond)), std::vector<Nanos>{20 * kSecond});
  for (int i = 0; i < 40; ++i) {
    ring.write(kSecond);
    ring.at(ring.head().pos - 1).flags = HR_LATE;
  }
  EXPECT_EQ(times(read_from(ring, 19 * kSecond)), std::vector<Nanos>{20 * kSecond});
}

TEST(RingReader, SaysThatARingBeginsInsideTheWindow) {
  Ring ring(8);
  for (int i = 1; i <= 20; ++i) ring.write(i * kSecond);
  const RingRead read = read_from(ring, 5 * kSecond);
  EXPECT_EQ(read.events.size(), 8U);
  EXPECT_EQ(read.wrapped, std::vector<int>{0});
}

TEST(RingReader, AFullRingThatNeverWrappedHasLostNothing) {
  Ring ring(8);
  for (int i = 1; i <= 8; ++i) ring.write(i * kSecond);
  const RingRead read = read_from(ring, 0);
  EXPECT_EQ(read.events.size(), 8U);
  EXPECT_TRUE(read.wrapped.empty());
}

TEST(RingReader, LeavesOutASlotThatIsBeingWrittenAndCountsIt) {
  Ring ring(8);
  for (int i = 1; i <= 4; ++i) ring.write(i * kSecond);
  ring.at(2).seq = 0;
  const RingRead read = read_from(ring, 0);
  EXPECT_EQ(times(read), (std::vector<Nanos>{4 * kSecond, 2 * kSecond, 1 * kSecond}));
  EXPECT_EQ(read.waiting.size(), 1U);
}

TEST(RingReader, ReadsASlotAgainOnceItsWriterIsDone) {
  Ring ring(8);
  for (int i = 1; i <= 4; ++i) ring.write(i * kSecond);
  const auto sequence = ring.at(2).seq;
  ring.at(2).seq = 0;
  RingRead read = read_from(ring, 0);
  EXPECT_FALSE(read_torn(0, read));
  ring.at(2).seq = sequence;
  EXPECT_TRUE(read_torn(0, read));
  EXPECT_EQ(read.events.size(), 4U);
  give_up_torn(read);
  EXPECT_EQ(read.torn, 0U);
  ring.at(1).seq = 0;
  read = read_from(ring, 0);
  EXPECT_FALSE(read_torn(0, read));
  give_up_torn(read);
  EXPECT_EQ(read.torn, 1U);
}

TEST(RingReader, DoesNotTakeAnOldSlotForTheNewOne) {
  Ring ring(8);
  for (int i = 1; i <= 8; ++i) ring.write(i * kSecond);
  ring.head().pos++;  // taken, and the writer was interrupted before its first store
  const RingRead read = read_from(ring, 0);
  EXPECT_EQ(read.events.size(), 7U);
  EXPECT_EQ(read.waiting.size(), 1U);
}

TEST(RingReader, SeesNeighboursThatAreOutOfOrder) {
  Ring ring(8);
  ring.write(3 * kMilli);
  ring.write(2 * kMilli);  // its writer took the slot later and read the clock earlier
  ring.write(5 * kMilli);
  EXPECT_EQ(read_from(ring, 3 * kMilli).events.size(), 2U);
}

TEST(RingReader, KeepsCpusApart) {
  Ring zero(8, 0);
  Ring one(8, 1);
  zero.write(1);
  one.write(2);
  RingRead read;
  read_ring(zero.view(), 0, read);
  read_ring(one.view(), 0, read);
  ASSERT_EQ(read.events.size(), 2U);
  EXPECT_EQ(read.events[0].cpu, 0);
  EXPECT_EQ(read.events[1].cpu, 1);
}

}  // namespace
}  // namespace hangrate
