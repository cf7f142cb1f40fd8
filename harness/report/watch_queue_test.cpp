// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is told when more comes than is worth reading, and what is told later.
#include "harness/report/watch_queue.h"

#include <string>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr Nanos kMinute = LineQuota::kSpan;

/// "+1" hang 1 comes, "-1" is over, "s+1" a spinner; in the order they are told.
std::string words_of(const WatchQueue::Turn& turn) {
  std::string text = turn.missed != 0 ? "missed " + std::to_string(turn.missed) + " " : "";
  for (const WatchEvent& event : turn.told) {
    if (const auto* hang = std::get_if<watched::Hang>(&event)) {
      text += "+" + std::to_string(hang->hang.id) + " ";
    } else if (const auto* over = std::get_if<watched::HangOver>(&event)) {
      text += "-" + std::to_string(over->hang.id) + " ";
    } else if (const auto* spinning = std::get_if<watched::Spinning>(&event)) {
      text += "s+" + std::to_string(spinning->id) + " ";
    } else {
      text += std::holds_alternative<watched::Gone>(event) ? "gone " : "? ";
    }
  }
  return text.empty() ? text : text.substr(0, text.size() - 1);
}

class Queue : public ::testing::Test {
 protected:
  static ToldHang hang(int id) {
    ToldHang told;
    told.id = id;
    told.since = id * kSecond;
    return told;
  }
  std::string come(int id, Nanos now) { return take(watched::Hang{hang(id)}, now); }
  std::string go(int id, Nanos now) { return take(watched::HangOver{hang(id)}, now); }
  std::string look(Nanos now) { return take(watched::Looked{}, now); }
  std::string take(const WatchEvent& event, Nanos now) { return words_of(queue_.take(event, now)); }

  WatchQueue queue_{2};
};

TEST_F(Queue, WhatHasRoomIsToldAtOnceAndNeverAgain) {
  EXPECT_EQ(come(1, kMinute), "+1");
  EXPECT_EQ(look(kMinute + 1), "");
  EXPECT_EQ(look(3 * kMinute), "");
  EXPECT_EQ(go(1, 3 * kMinute), "-1");
}

TEST_F(Queue, WhatStandsStillIsToldWhenThereIsRoomTheOldestFirst) {
  for (const int id : {1, 2, 3, 4, 5}) come(id, kMinute + id);
  EXPECT_EQ(look(2 * kMinute), "") << "the minute is not over";
  EXPECT_EQ(look(2 * kMinute + 1), "missed 3 +3 +4");
  EXPECT_EQ(look(3 * kMinute), "");
  EXPECT_EQ(look(3 * kMinute + 1), "+5") << "it was counted already";
  EXPECT_EQ(go(3, 3 * kMinute + 2), "-3");
}

TEST_F(Queue, KeepsSinceWhenItStands) {
  for (const int id : {1, 2, 3}) come(id, kMinute + id);
  const WatchQueue::Turn turn = queue_.take(watched::Looked{}, 2 * kMinute + 1);
  ASSERT_EQ(turn.told.size(), 1U);
  EXPECT_EQ(std::get<watched::Hang>(turn.told[0]).hang.since, 3 * kSecond);
}

TEST_F(Queue, WhatIsOverBeforeItWasToldIsOnlyCounted) {
  for (const int id : {1, 2, 3, 4}) come(id, kMinute + id);
  EXPECT_EQ(go(3, kMinute + 9), "");
  EXPECT_EQ(go(1, kMinute + 9), "-1") << "this one was told";
  EXPECT_EQ(go(4, 2 * kMinute + 1), "missed 2") << "with the room for it";
  EXPECT_EQ(look(4 * kMinute), "");
}

TEST_F(Queue, NewcomersQueueBehindThoseThatWait) {
  for (const int id : {1, 2, 3, 4}) come(id, kMinute + id);
  EXPECT_EQ(come(5, 2 * kMinute + 1), "missed 2 +3 +4");
  EXPECT_EQ(look(3 * kMinute + 1), "missed 1 +5");
}

TEST_F(Queue, SpinningTasksAreNumberedApart) {
  for (const int id : {1, 2}) come(id, kMinute + id);
  EXPECT_EQ(take(watched::Spinning{1, {}}, kMinute + 3), "");
  EXPECT_EQ(go(1, kMinute + 4), "-1");
  EXPECT_EQ(look(2 * kMinute + 1), "missed 1 s+1");
}

TEST_F(Queue, TheEndOfTheWatchIsAlwaysToldWithWhatWasMissed) {
  for (const int id : {1, 2, 3}) come(id, kMinute + id);
  EXPECT_EQ(go(3, kMinute + 4), "");
  EXPECT_EQ(take(watched::Gone{"all"}, kMinute + 5), "missed 1 gone");
}

TEST_F(Queue, WhoeverEndsItCanSayHowMuchHadNoRoom) {
  for (const int id : {1, 2, 3, 4}) come(id, kMinute);
  EXPECT_EQ(queue_.missed_so_far(kMinute + 1), 2);
  EXPECT_EQ(queue_.missed_so_far(kMinute + 2), 0) << "it is said once";
}

TEST_F(Queue, NoMoreWaitThanItKeeps) {
  const int most = static_cast<int>(WatchQueue::kMostWaiting);
  for (int id = 1; id <= most + 4; ++id) come(id, kMinute);
  EXPECT_EQ(look(2 * kMinute), "missed " + std::to_string(most + 2) + " +3 +4");
  for (int id = 5; id <= most + 2; ++id) EXPECT_EQ(go(id, 2 * kMinute), "");
  EXPECT_EQ(go(most + 3, 2 * kMinute), "");
  EXPECT_EQ(look(3 * kMinute), "") << "the last was not kept";
  EXPECT_EQ(go(most + 4, 3 * kMinute), "");
}

}  // namespace
}  // namespace hangrate
