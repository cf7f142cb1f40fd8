// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who rests, who moves, who is busy; each told when it begins and never twice.
#include "harness/waits/rest_book.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Tids = std::vector<int>;

TaskMotions one(std::uint64_t times, Nanos ran, int tid = 10) {
  return {{tid, {.pid = tid, .times = times, .ran = ran}}};
}

TEST(RestBook, TellsOnceWhoHasNotRunForTwoLooks) {
  RestBook book(2);
  EXPECT_TRUE(book.look(one(5, 100), 1 * kSecond).rested.empty()) << "seen for the first time";
  EXPECT_TRUE(book.look(one(5, 100), 2 * kSecond).rested.empty());
  EXPECT_FALSE(book.rests(10));
  EXPECT_EQ(book.look(one(5, 100), 3 * kSecond).rested, Tids{10});
  EXPECT_TRUE(book.look(one(5, 100), 4 * kSecond).rested.empty());
  EXPECT_TRUE(book.rests(10));
  EXPECT_EQ(book.since(10), 1 * kSecond);
}

TEST(RestBook, WhoRunsInBetweenBeginsAnew) {
  RestBook book(2);
  book.look(one(5, 100), 1 * kSecond);
  book.look(one(5, 100), 2 * kSecond);
  EXPECT_TRUE(book.look(one(6, 120), 3 * kSecond).rested.empty());
  EXPECT_TRUE(book.look(one(6, 120), 4 * kSecond).rested.empty());
  EXPECT_EQ(book.look(one(6, 120), 5 * kSecond).rested, Tids{10});
  EXPECT_EQ(book.since(10), 3 * kSecond);
}

TEST(RestBook, TellsWhoMovesAgainOrIsGone) {
  RestBook book(1);
  const TaskMotions both = {{10, {.pid = 10, .times = 1}}, {11, {.pid = 11, .times = 1}}};
  book.look(both, 1 * kSecond);
  EXPECT_EQ(book.look(both, 2 * kSecond).rested, (Tids{10, 11}));
  const RestChanges changes = book.look(one(2, 0), 3 * kSecond);
  EXPECT_EQ(changes.moved, (Tids{11, 10}));
  EXPECT_TRUE(book.look(one(3, 0), 4 * kSecond).moved.empty()) << "told already";
  EXPECT_EQ(book.since(11), 0);
}

TEST(RestBook, WhoNeverRestedHasNotMovedFromIt) {
  RestBook book(2);
  book.look(one(1, 0), 1 * kSecond);
  EXPECT_TRUE(book.look({}, 2 * kSecond).moved.empty());
}

TEST(RestBook, TellsAtEveryLookWhoHasATenthOfACpu) {
  RestBook book(2);
  book.look(one(1, 0), 1 * kSecond);
  EXPECT_EQ(book.look(one(1, 100 * kMilli), 2 * kSecond).busy, Tids{10});
  EXPECT_EQ(book.look(one(1, 200 * kMilli), 3 * kSecond).busy, Tids{10});
  EXPECT_TRUE(book.look(one(1, 290 * kMilli), 4 * kSecond).busy.empty());
}

TEST(RestBook, AnotherTaskOfThatNumberIsNotBusyForIt) {
  RestBook book(2);
  book.look(one(9, 9 * kSecond), 1 * kSecond);
  EXPECT_TRUE(book.look(one(1, kSecond), 2 * kSecond).busy.empty()) << "it ran less than before";
}

}  // namespace
}  // namespace hangrate
