// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/range_set.h"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(RangeSet, IsEmptyAtFirst) {
  const RangeSet set;
  EXPECT_EQ(set.total(), 0U);
  EXPECT_FALSE(set.contains(0));
  EXPECT_EQ(set.first_gap(10), (IndexRange{0, 10}));
  EXPECT_EQ(set.first_gap(0), std::nullopt);
}

TEST(RangeSet, CountsOnlyWhatIsNew) {
  RangeSet set;
  EXPECT_EQ(set.add(10, 10), 10U);
  EXPECT_EQ(set.add(10, 10), 0U);
  EXPECT_EQ(set.add(12, 3), 0U);
  EXPECT_EQ(set.add(15, 10), 5U);
  EXPECT_EQ(set.add(0, 100), 85U);
  EXPECT_EQ(set.add(7, 0), 0U);
  EXPECT_EQ(set.total(), 100U);
}

TEST(RangeSet, JoinsRangesThatTouch) {
  RangeSet set;
  set.add(0, 5);
  set.add(10, 5);
  EXPECT_EQ(set.ranges(), (std::vector<IndexRange>{{0, 5}, {10, 5}}));
  EXPECT_EQ(set.add(5, 5), 5U);
  EXPECT_EQ(set.ranges(), (std::vector<IndexRange>{{0, 15}}));
}

TEST(RangeSet, SaysWhatAResumedRunStillHasToDo) {
  RangeSet set;
  set.add(0, 100);
  set.add(150, 50);
  set.add(300, 10);
  EXPECT_EQ(set.first_gap(1000), (IndexRange{100, 50}));
  EXPECT_EQ(set.next_gap(150, 1000), (IndexRange{200, 100}));
  EXPECT_EQ(set.next_gap(120, 1000), (IndexRange{120, 30}));
  EXPECT_EQ(set.next_gap(300, 1000), (IndexRange{310, 690}));
  EXPECT_EQ(set.next_gap(300, 310), std::nullopt);
  EXPECT_EQ(set.next_gap(310, 310), std::nullopt);
  EXPECT_EQ(set.first_gap(100), std::nullopt);
  EXPECT_EQ(set.first_gap(120), (IndexRange{100, 20}));
}

TEST(RangeSet, BehavesAsAPlainSetUnderRandomAdditions) {
  std::mt19937_64 random(12);
  RangeSet ranges;
  std::set<std::uint64_t> plain;
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t first = random() % 2000;
    const std::uint64_t count = random() % 12;
    std::uint64_t added = 0;
    for (std::uint64_t index = first; index < first + count; ++index) {
      if (plain.insert(index).second) ++added;
    }
    ASSERT_EQ(ranges.add(first, count), added);
    ASSERT_EQ(ranges.total(), plain.size());
  }
  std::uint64_t missing = 0;
  for (auto gap = ranges.first_gap(2100); gap;
       gap = ranges.next_gap(gap->first + gap->count, 2100)) {
    for (std::uint64_t index = gap->first; index < gap->first + gap->count; ++index) {
      ASSERT_FALSE(plain.contains(index));
    }
    missing += gap->count;
  }
  EXPECT_EQ(missing, 2100 - plain.size());
  for (std::uint64_t index = 0; index < 2100; ++index) {
    ASSERT_EQ(ranges.contains(index), plain.contains(index)) << index;
  }
}

}  // namespace
}  // namespace hangrate
