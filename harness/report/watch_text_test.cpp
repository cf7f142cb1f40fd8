// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a watch says of its events, and how often.
#include "harness/report/watch_text.h"

#include <gtest/gtest.h>

#include "harness/report/line_quota.h"

namespace hangrate {
namespace {

ToldHang hang() {
  ToldHang told;
  told.id = 3;
  told.since = 10 * kSecond;
  told.proof.kind = ProofKind::Orphaned;
  told.proof.members = {{.pid = 12, .tid = 12, .comm = "cat"}, {.pid = 12, .tid = 13}};
  told.proof.sentences = {"cat[12] waits\x1b[2J\nfor good", "another"};
  return told;
}

TEST(WatchText, AHangIsOneLineThatSaysWhomToLookAt) {
  const auto line = watch_line(watched::Hang{hang()}, 15 * kSecond);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->priority, 3);
  EXPECT_EQ(line->text,
            "hang 3: orphaned: cat[12] waits for good (and 1 more); stands for at least 5 s; pids "
            "12; look closer: hangrate diagnose 12");
}

TEST(WatchText, AnAgeThatIsNotKnownIsNotTold) {
  const auto line = watch_line(watched::Hang{hang()}, 10 * kSecond);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text.find("stands for"), std::string::npos) << line->text;
}

TEST(WatchText, ItsEndNamesTheSameHang) {
  const auto line = watch_line(watched::HangOver{hang()}, 15 * kSecond);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "hang 3 is over after 5 s: pids 12");
}

TEST(WatchText, SpinningIsNeverCalledAHang) {
  SpinningTask task;
  task.task = {.pid = 4, .tid = 5, .comm = "dd"};
  task.why = "it used 10.0 s";
  const auto line = watch_line(watched::Spinning{1, task}, 0);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text.find("hang"), line->text.find("hangrate diagnose 4")) << line->text;
  EXPECT_EQ(line->priority, 4);
}

TEST(WatchText, ManyOfAKindThatCannotBeSeenAreOne) {
  watched::Begun begun;
  begun.tasks = 7;
  begun.absent = {{"descriptors of process 1", "Permission denied"},
                  {"descriptors of process 2", "Permission denied"},
                  {"locks", "No such file or directory"}};
  const auto line = watch_line(begun, 0);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text,
            "watching 7 tasks; what may be held there is never proven: not seen: descriptors of 2 "
            "processes (Permission denied), locks (No such file or directory)");
  EXPECT_EQ(watch_line(watched::Begun{7, {}, true}, 0)->text, "watching 7 tasks");
  EXPECT_NE(watch_line(watched::Begun{7, {}, false}, 0)->text.find("nothing can be proven"),
            std::string::npos);
}

TEST(WatchText, ItsOwnEndIsTold) {
  const auto line = watch_line(watched::Gone{"process 12 is gone"}, 0);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "nothing is left to look at: process 12 is gone");
  const auto json = watch_json(watched::Gone{"process 12 is gone"}, 0, 0);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["event"], "gone");
  EXPECT_EQ((*json)["what"], "process 12 is gone");
}

TEST(WatchText, ALookWithoutNewsIsNoLine) {
  EXPECT_FALSE(watch_line(watched::Looked{}, 0));
  EXPECT_FALSE(watch_json(watched::Looked{}, 0, 0));
}

TEST(WatchText, JsonCarriesTheWholeProof) {
  const auto json = watch_json(watched::Hang{hang()}, 15 * kSecond, 7.5);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["event"], "hang");
  EXPECT_EQ((*json)["time"], 7.5);
  EXPECT_EQ((*json)["age"], 5 * kSecond);
  EXPECT_EQ((*json)["proof"]["sentences"].size(), 2U);
  EXPECT_EQ((*json)["command"], "hangrate diagnose 12");
}

TEST(LineQuota, LetsSoManyThroughAMinuteAndCountsTheRest) {
  LineQuota quota(2);
  EXPECT_TRUE(quota.take(100 * kSecond));
  EXPECT_TRUE(quota.take(101 * kSecond));
  EXPECT_FALSE(quota.take(102 * kSecond));
  EXPECT_FALSE(quota.take(103 * kSecond));
  EXPECT_EQ(quota.missed(159 * kSecond), 0) << "the minute is not over";
  EXPECT_EQ(quota.missed(160 * kSecond), 2);
  EXPECT_EQ(quota.missed(161 * kSecond), 0) << "told once";
  EXPECT_TRUE(quota.take(162 * kSecond));
}

TEST(LineQuota, NobodyMissedIsNotTold) {
  LineQuota quota(2);
  for (int minute = 1; minute < 9; ++minute) {
    EXPECT_TRUE(quota.take(minute * 70 * kSecond));
    EXPECT_EQ(quota.missed(minute * 70 * kSecond + 65 * kSecond), 0);
  }
}

}  // namespace
}  // namespace hangrate
