// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cell/lease_book.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(LeaseBook, NoLeaseHasTrialsOfTheSearchAndMeasuredOnes) {
  RangeSet recorded;
  LeaseBook book(0, 10, 100, recorded);
  EXPECT_EQ(book.take(8), (IndexRange{0, 8}));
  EXPECT_EQ(book.take(8), (IndexRange{8, 2})) << "cut at the border";
}

TEST(LeaseBook, MeasuresOnlyWhenEverySearchTrialHasItsRecord) {
  RangeSet recorded;
  LeaseBook book(0, 10, 100, recorded);
  book.take(10);
  EXPECT_EQ(book.take(8).count, 0u) << "the search is still in flight";
  EXPECT_FALSE(book.empty());
  recorded.add(0, 9);
  book.settle(recorded);
  EXPECT_EQ(book.take(8).count, 0u) << "trial 9 is still observed";
  recorded.add(9, 1);
  book.settle(recorded);
  EXPECT_FALSE(book.searching());
  EXPECT_EQ(book.take(200), (IndexRange{10, 100}));
  EXPECT_TRUE(book.empty());
}

TEST(LeaseBook, WhatAWorkerGivesBackOfTheSearchComesFirst) {
  RangeSet recorded;
  LeaseBook book(0, 10, 100, recorded);
  book.take(10);
  book.give_back({4, 6});
  EXPECT_EQ(book.take(100), (IndexRange{4, 6})) << "and is not joined to measured trials";
}

TEST(LeaseBook, AResumedRunFinishesItsSearchFirst) {
  RangeSet recorded;
  recorded.add(0, 3);
  recorded.add(5, 5);
  LeaseBook book(0, 10, 20, recorded);
  EXPECT_EQ(book.take(100), (IndexRange{3, 2}));
  EXPECT_EQ(book.take(100).count, 0u);
  recorded.add(3, 2);
  book.settle(recorded);
  EXPECT_EQ(book.take(100), (IndexRange{10, 20}));
}

TEST(LeaseBook, ABootBehindTheSearchMeasuresAtOnce) {
  LeaseBook book(400, 300, 50, RangeSet());
  EXPECT_FALSE(book.searching());
  EXPECT_EQ(book.take(100), (IndexRange{400, 50}));
  LeaseBook inside(200, 300, 50, RangeSet());
  EXPECT_EQ(inside.take(1000), (IndexRange{200, 100}));
}

}  // namespace
}  // namespace hangrate
