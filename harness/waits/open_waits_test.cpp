// SPDX-License-Identifier: GPL-2.0-or-later
//
// When a wait that was found open is looked at again, and when not.
#include "harness/waits/open_waits.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Tids = std::vector<int>;

constexpr Nanos kSoon = OpenWaits::kSoon;

/// Task 10 rests in it.
RestBook rested() {
  RestBook book(1);
  for (const Nanos now : {1 * kSecond, 2 * kSecond})
    book.look({{10, {.pid = 10, .times = 1}}}, now);
  return book;
}

TEST(OpenWaits, WhoNeverRunsIsLookedAtAgainAfterEachTimeTwiceAsLong) {
  const RestBook rest = rested();
  OpenWaits waits;
  Nanos now = kSecond;
  waits.note(10, "0 3", now);
  for (Nanos gap = kSoon; gap < OpenWaits::kSeldom; gap *= 2) {
    EXPECT_TRUE(waits.due(rest, now + gap - 1).empty());
    EXPECT_EQ(waits.due(rest, now + gap), Tids{10});
    waits.note(10, "0 3", now += gap);
  }
  EXPECT_TRUE(waits.due(rest, now + OpenWaits::kSeldom - 1).empty());
  EXPECT_EQ(waits.due(rest, now + OpenWaits::kSeldom), Tids{10});
}

TEST(OpenWaits, AnotherCallBeginsAnew) {
  const RestBook rest = rested();
  OpenWaits waits;
  waits.note(10, "0 3", 1);
  waits.note(10, "0 3", 1 + kSoon);
  waits.note(10, "0 4", 1 + 3 * kSoon);
  EXPECT_EQ(waits.due(rest, 1 + 4 * kSoon), Tids{10});
}

TEST(OpenWaits, WhoComesBackToTheSameCallIsNotReadEachTime) {
  OpenWaits waits;
  waits.note(10, "0 3", kSecond);
  waits.moved({10});
  EXPECT_TRUE(waits.holds(10, "0 3", kSecond + OpenWaits::kMoves - 1));
  EXPECT_FALSE(waits.holds(10, "0 4", kSecond + 1)) << "another call";
  EXPECT_FALSE(waits.holds(11, "0 3", kSecond + 1)) << "another task";
  EXPECT_FALSE(waits.holds(10, "0 3", kSecond + OpenWaits::kMoves));
}

TEST(OpenWaits, WhoCameBackAndStaysIsLookedAtAllTheSame) {
  OpenWaits waits;
  waits.note(10, "0 3", kSecond);
  waits.moved({10});
  EXPECT_TRUE(waits.due(rested(), kSecond + OpenWaits::kMoves - 1).empty());
  EXPECT_EQ(waits.due(rested(), kSecond + OpenWaits::kMoves), Tids{10});
  waits.note(10, "0 3", kSecond + OpenWaits::kMoves);
  EXPECT_EQ(waits.due(rested(), kSecond + OpenWaits::kMoves + kSoon), Tids{10})
      << "not after twice the time of before";
}

TEST(OpenWaits, WhatIsOpenNoMoreIsNotLookedAtHere) {
  OpenWaits waits;
  waits.note(10, "0 3", kSecond);
  waits.forget(10);
  EXPECT_FALSE(waits.holds(10, "0 3", kSecond + 1));
  EXPECT_TRUE(waits.due(rested(), kSecond + kSoon).empty());
}

TEST(OpenWaits, WhoDoesNotRestThenIsForgotten) {
  OpenWaits waits;
  waits.note(10, "0 3", kSecond);
  EXPECT_TRUE(waits.due(RestBook(1), kSecond + kSoon).empty());
  EXPECT_TRUE(waits.due(rested(), kSecond + 2 * kSoon).empty());
}

}  // namespace
}  // namespace hangrate
