// SPDX-License-Identifier: GPL-2.0-or-later
//
// A boot told by its events. Each script is what a real boot said and showed, shortened.
#include "harness/matrix/boot_machine.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

constexpr const char* kHello = R"({"type":"hello","release":"6.1.0"})";
constexpr const char* kBatch = R"({"type":"batch","cell":0,"first":0,"count":5})";

std::string begin(int number) {
  return R"({"type":"begin","command":)" + std::to_string(number) + "}";
}
std::string end(int code) {
  return R"({"type":"end","command":0,"code":)" + std::to_string(code) + "}";
}

BootBudget budget_of(std::size_t cells) {
  return {.wall = 1000 * kSecond,
          .bytes = 1u << 20,
          .console = 1u << 19,
          .cells = std::vector<std::uint64_t>(cells, 1000),
          .lines = 100};
}

/// Plays events into a boot and notes in short what is to be done: "hello", "begin 0", "record",
/// "end", "stop", "over panic".
class Script {
 public:
  explicit Script(std::size_t cells = 2) : boot_(budget_of(cells), 0) {}

  std::string says(const std::string& line) { return play(LineSaid{line}); }
  std::string seen(bool running = true, std::uint64_t console = 0) {
    return play(MachineSeen{.running = running, .beat = beat_, .console = console});
  }
  std::string lies(const std::string& why) { return play(LieFound{why}); }
  void beats() { ++beat_; }
  void wait(Nanos span) { now_ += span; }
  void boots() {
    wait(3 * kSecond);
    EXPECT_EQ(says(kHello), "hello");
    EXPECT_EQ(says(begin(0)), "begin 0");
  }
  const BootMachine& boot() const { return boot_; }

 private:
  std::string play(const BootEvent& event) {
    std::string text;
    for (const BootAction& action : boot_.next(event, now_)) {
      text +=
          (text.empty() ? "" : ", ") + std::visit([](const auto& a) { return word(a); }, action);
    }
    return text;
  }
  static std::string word(const TakeHello&) { return "hello"; }
  static std::string word(const BeginCommand& b) { return "begin " + std::to_string(b.number); }
  static std::string word(const TakeRecord&) { return "record"; }
  static std::string word(const EndCommand&) { return "end"; }
  static std::string word(const StopMachine&) { return "stop"; }
  static std::string word(const BootOver& over) {
    return std::string("over ") + end_name(over.end);
  }

  Nanos now_ = 0;
  std::uint64_t beat_ = 0;
  BootMachine boot_;
};

TEST(BootMachine, ABootThatDoesWhatItWasToldIsFinished) {
  Script script;
  script.boots();
  EXPECT_EQ(script.says(kBatch), "record");
  EXPECT_EQ(script.says(end(0)), "end");
  EXPECT_EQ(script.says(begin(1)), "begin 1");
  EXPECT_EQ(script.says(end(0)), "end");
  EXPECT_EQ(script.says(R"({"type":"bye"})"), "");
  EXPECT_EQ(script.seen(), "");
  EXPECT_EQ(script.seen(false), "over finished");
  EXPECT_EQ(script.boot().boot_time(), 3 * kSecond);
}

TEST(BootMachine, ACommandThatWasLeftOutIsNoLie) {
  Script script;
  script.wait(kSecond);
  script.says(kHello);
  EXPECT_EQ(script.says(begin(1)), "begin 1") << "the first had nothing to run";
}

TEST(BootMachine, AMachineThatIsLostInMidTrialIsDeadAndItsLastLinesCount) {
  Script script;
  script.boots();
  EXPECT_EQ(script.says(kBatch), "record");
  EXPECT_EQ(script.seen(false), "over died");
  EXPECT_EQ(script.says(kBatch), "") << "nothing comes behind its end";
  EXPECT_EQ(script.seen(false), "") << "its end is told once";
}

TEST(BootMachine, AMachineThatNeverSpeaksIsEndedAfterTheHelloLimit) {
  Script script;
  script.wait(kHelloLimit);
  EXPECT_EQ(script.seen(), "");
  script.wait(1);
  EXPECT_EQ(script.seen(), "stop");
  EXPECT_EQ(script.seen(false), "over no-hello");
  EXPECT_EQ(script.boot().boot_time(), 0);
}

TEST(BootMachine, AGuestThatFallsSilentIsEndedAndWhatItStillSaysCounts) {
  Script script;
  script.boots();
  script.wait(kSilenceLimit + 1);
  EXPECT_EQ(script.seen(), "stop");
  EXPECT_EQ(script.says(kBatch), "record") << "its supervisor still frees its victims";
  EXPECT_EQ(script.says(end(130)), "end");
  EXPECT_EQ(script.seen(false), "over silent");
}

TEST(BootMachine, ABeatIsLifeThoughNoLineComes) {
  Script script;
  script.boots();
  for (int i = 0; i < 5; ++i) {
    script.wait(kSilenceLimit);
    script.beats();
    EXPECT_EQ(script.seen(), "");
  }
}

TEST(BootMachine, WhatDoesNotEvenEndIsLeftBehind) {
  Script script;
  script.boots();
  script.wait(kSilenceLimit + 1);
  EXPECT_EQ(script.seen(), "stop");
  script.wait(kStopLimit);
  EXPECT_EQ(script.seen(), "");
  script.wait(1);
  EXPECT_EQ(script.seen(), "over silent");
}

TEST(BootMachine, ABootBeyondItsTimeIsCorruptHoweverMuchItSays) {
  Script script;
  script.boots();
  script.wait(1000 * kSecond);
  script.beats();
  EXPECT_EQ(script.seen(), "stop");
  EXPECT_FALSE(script.boot().distrust().empty());
  EXPECT_EQ(script.says(kBatch), "");
  EXPECT_EQ(script.seen(false), "over corrupt");
}

TEST(BootMachine, AFloodOnTheConsoleIsCorruptThoughTheMachineHasEnded) {
  Script script;
  script.boots();
  EXPECT_EQ(script.seen(false, 1u << 19), "over corrupt");
}

TEST(BootMachine, FromALieOnNothingIsBelieved) {
  for (const std::string& lie :
       {std::string("{"), std::string("7"), std::string(R"({"type":7})"), std::string(kHello),
        begin(0), begin(2), std::string(R"({"type":"begin","command":-1})"),
        R"({"type":"batch","text":")" + std::string(1000, 'x') + "\"}"}) {
    Script script;
    script.boots();
    EXPECT_EQ(script.says(lie), "stop") << lie;
    EXPECT_EQ(script.says(kBatch), "") << lie;
    EXPECT_EQ(script.lies("another"), "") << "ended once";
    EXPECT_EQ(script.seen(false), "over corrupt") << lie;
  }
}

TEST(BootMachine, ARecordOutsideACommandIsALie) {
  Script script;
  script.wait(kSecond);
  script.says(kHello);
  EXPECT_EQ(script.says(kBatch), "stop");
}

TEST(BootMachine, NothingBeginsBeforeTheHello) {
  Script script;
  EXPECT_EQ(script.says(begin(0)), "stop");
}

TEST(BootMachine, ALineTooManyIsALie) {
  Script script;
  script.boots();
  for (int i = 2; i < 100; ++i) script.says(R"({"type":"bye"})");
  EXPECT_EQ(script.says(R"({"type":"bye"})"), "stop");
}

}  // namespace
}  // namespace hangrate
