// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline file, held against what its readers demand: slices of a track nest, what is not over
// is marked, arrows have two ends, each inside a slice, and time goes forward on every track.
#include "harness/report/trace_chrome.h"

#include <climits>
#include <cmath>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::HasSubstr;

using Track = std::pair<int, int>;

struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Nanoseconds again; the file has microseconds with three decimals.
std::int64_t ns(const Json& microseconds) {
  return std::llround(microseconds.get<double>() * 1000.0);
}

/// What is structurally wrong with the file, "" if nothing.
class Checker {
 public:
  explicit Checker(const std::string& text) : json_(Json::parse(text)) {}

  std::string wrong() {
    for (const Json& event : json_["traceEvents"]) check(event);
    for (const auto& [id, ends] : arrows_) {
      if (ends != "sf") trouble_ += "arrow " + std::to_string(id) + " has the ends " + ends + "\n";
    }
    return trouble_;
  }
  int slices(const std::string& name, bool unfinished) const {
    int count = 0;
    for (const Json& event : json_["traceEvents"]) {
      if (event["ph"] != "X" || event["name"] != name) continue;
      count += event["args"].contains("unfinished") == unfinished ? 1 : 0;
    }
    return count;
  }
  int phases(const std::string& phase) const {
    int count = 0;
    for (const Json& event : json_["traceEvents"]) count += event["ph"] == phase ? 1 : 0;
    return count;
  }
  const Json& json() const { return json_; }

 private:
  void check(const Json& event) {
    const std::string phase = event["ph"];
    const Track track(event["pid"].get<int>(), event["tid"].get<int>());
    if (phase == "M") return;
    const std::int64_t when = ns(event["ts"]);
    if (when < latest_[track]) trouble_ += "time goes back: " + event.dump() + "\n";
    latest_[track] = when;
    std::vector<Span>& open = open_[track];
    while (!open.empty() && open.back().end < when) open.pop_back();
    if (phase == "X") {
      check_slice(event, when, open);
    } else if (phase == "s" || phase == "f") {
      arrows_[event["id"].get<int>()] += phase;
      if (open.empty()) trouble_ += "an arrow outside of every slice: " + event.dump() + "\n";
      if (event["cat"] != "kernel" || event["name"] != "wake-up" || event["bp"] != "e") {
        trouble_ += "an arrow viewers cannot join: " + event.dump() + "\n";
      }
    } else if (phase != "i") {
      trouble_ += "phase " + phase + "\n";
    }
  }

  void check_slice(const Json& event, std::int64_t when, std::vector<Span>& open) {
    const std::int64_t end = when + ns(event["dur"]);
    while (!open.empty() && open.back().end <= when && open.back().begin < when) open.pop_back();
    if (end < when) trouble_ += "a slice of negative length: " + event.dump() + "\n";
    if (!open.empty() && end > open.back().end) {
      trouble_ += "a slice that does not nest: " + event.dump() + "\n";
    }
    open.push_back({when, end});
  }

  Json json_;
  std::string trouble_;
  std::map<Track, std::int64_t> latest_;
  std::map<Track, std::vector<Span>> open_;
  std::map<int, std::string> arrows_;
};

TEST(TraceChrome, TheCheckerOfTheseTestsCanFail) {
  const auto file = [](const std::string& second) {
    return R"({"traceEvents":[{"ph":"X","pid":1,"tid":1,"ts":1,"dur":5,"name":"a"},)" + second +
           "]}";
  };
  EXPECT_EQ(Checker(file(R"({"ph":"X","pid":1,"tid":1,"ts":2,"dur":4,"name":"b"})")).wrong(), "");
  for (const char* bad : {R"({"ph":"X","pid":1,"tid":1,"ts":2,"dur":5,"name":"b"})",
                          R"({"ph":"i","pid":1,"tid":1,"ts":0,"name":"b"})",
                          R"({"ph":"s","pid":1,"tid":1,"ts":2,"id":1,"cat":"kernel","bp":"e",
                              "name":"wake-up"})",
                          R"({"ph":"B","pid":1,"tid":1,"ts":2,"name":"b"})"}) {
    EXPECT_NE(Checker(file(bad)).wrong(), "") << bad;
  }
}

TEST(TraceChrome, TheKnownHangsAreSound) {
  for (MadeTrace made : {stalled_writer(), preempted_resizer(), full_child(), self_held_daemon()}) {
    EXPECT_EQ(Checker(trace_chrome(made.trace(), "t")).wrong(), "");
  }
  EXPECT_EQ(Checker(trace_chrome(Trace{}, "t")).wrong(), "");
}

TEST(TraceChrome, AHangIsAnUnfinishedSliceUpToTheEndOfTheTrace) {
  MadeTrace made = stalled_writer();
  Checker checker(trace_chrome(made.trace(), "t"));
  EXPECT_EQ(checker.slices("pipe_write", true), 1);
  EXPECT_EQ(checker.slices("asleep (S)", true), 1);
  EXPECT_EQ(checker.slices("asleep (S)", false), 1);
  EXPECT_EQ(checker.slices("pipe_resize_ring", false), 1);
  for (const Json& event : checker.json()["traceEvents"]) {
    if (event["ph"] != "X" || !event["args"].contains("unfinished")) continue;
    EXPECT_EQ(ns(event["ts"]) + ns(event["dur"]), made.trace().until) << event;
  }
}

TEST(TraceChrome, TracksCarryTheRolesOfTheTasks) {
  const std::string text = trace_chrome(full_child().trace(), "t");
  for (const char* name : {"parent", "child", "pipe_full_child (900)"}) {
    EXPECT_THAT(text, HasSubstr("\"name\": \"" + std::string(name) + "\""));
  }
}

TEST(TraceChrome, AnArrowLeadsFromTheWakerToTheWoken) {
  Checker checker(trace_chrome(stalled_writer().trace(), "t"));
  ASSERT_EQ(checker.phases("s"), 1);
  ASSERT_EQ(checker.phases("f"), 1);
  for (const Json& event : checker.json()["traceEvents"]) {
    if (event["ph"] == "s") {
      EXPECT_EQ(event["tid"], kResizer);
    }
    if (event["ph"] == "f") {
      EXPECT_EQ(event["tid"], kWriter);
    }
  }
}

TEST(TraceChrome, AWakeUpOfATaskThatWasNotAsleepHasNoArrow) {
  MadeTrace made;
  made.wake(kReader, kWriter);
  Checker checker(trace_chrome(made.trace(), "t"));
  EXPECT_EQ(checker.phases("s"), 0);
  EXPECT_EQ(checker.wrong(), "");
}

TEST(TraceChrome, InterruptsOfIdleCpusHaveTracksOfTheirOwn) {
  MadeTrace made;
  made.sleep(kWriter, TracedCall::None);
  made.on(0, 1).wake(0, kWriter);
  const std::string text = trace_chrome(made.trace(), "t");
  EXPECT_THAT(text, HasSubstr("interrupts of idle CPU 1"));
  EXPECT_EQ(Checker(text).wrong(), "");
}

TEST(TraceChrome, ResizesSignalsExitsAndAbortsAreInstants) {
  EXPECT_EQ(Checker(trace_chrome(stalled_writer().trace(), "t")).phases("i"), 1);
  MadeTrace made = self_held_daemon();
  made.fuse_abort(kWorker);
  // fork, two requests, their answer, the signal, two exits, the abort
  EXPECT_EQ(Checker(trace_chrome(made.trace(), "t")).phases("i"), 8);
}

TEST(TraceChrome, AReturnWhoseCallWasBeforeTheWindowIsAnInstant) {
  MadeTrace made;
  made.task(kReader, "reader");
  made.ret(kReader, TracedCall::PipeRead, 100, kPipe);
  made.call(kReader, TracedCall::PipeRead, kPipe);
  made.ret(kReader, TracedCall::PipeRead, 200, kPipe);
  Checker checker(trace_chrome(made.trace(), "t"));
  EXPECT_EQ(checker.wrong(), "");
  ASSERT_EQ(checker.phases("i"), 1);
  for (const Json& event : checker.json()["traceEvents"]) {
    if (event["ph"] != "i") continue;
    EXPECT_EQ(event["name"], "leaves pipe_read on pipe 7, result 100");
    EXPECT_EQ(event["args"]["event"], 0);
  }
}

TEST(TraceChrome, ASliceEndsWhereItsTaskIsSeenElsewhere) {
  MadeTrace made;
  made.call(kParent, TracedCall::WaitChild);
  const std::size_t slept = made.sleep(kParent, TracedCall::WaitChild);
  made[slept].stack = {"futex_do_wait", "__futex_wait", "futex_wait"};
  made.call(kReader, TracedCall::PipeRead, kPipe);  // its Return is missed
  made.call(kReader, TracedCall::PipeWrite, kPipe);
  Checker checker(trace_chrome(made.trace(), "t"));
  EXPECT_EQ(checker.wrong(), "");
  EXPECT_EQ(checker.slices("do_wait", false), 1);
  EXPECT_EQ(checker.slices("do_wait", true), 0);
  EXPECT_EQ(checker.slices("asleep (S)", true), 1);
  EXPECT_EQ(checker.slices("pipe_read", false), 1);
  EXPECT_EQ(checker.slices("pipe_write", true), 1);
}

TEST(TraceChrome, WhatAProgramCallsItselfCannotSteerATerminal) {
  MadeTrace made = full_child();
  made.trace().tasks[0].comm = "\x1b[31m\xff\n\"},{";
  const std::string text = trace_chrome(made.trace(), "\x1b]0;title");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(Checker(text).wrong(), "");
  EXPECT_EQ(trace_lines(made.trace()).find('\x1b'), std::string::npos);
}

TEST(TraceChrome, AnyOrderOfEventsGivesASoundFile) {
  std::minstd_rand random(7);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 300; ++round) {
    MadeTrace made;
    made.task(1, "a").task(2, "b", 1).task(3, "c");
    for (int i = 0; i < 60; ++i) {
      TraceEvent event;
      event.cpu = round % 50 == 0 ? INT_MAX : below(2);
      event.tid = below(4);
      event.kind = TraceKind(below(12));
      event.call = TracedCall(1 + below(6));
      event.other = below(5);
      if (below(3) == 0) made.after(0);
      made.add(event);
    }
    ASSERT_EQ(Checker(trace_chrome(made.trace(), "t")).wrong(), "") << round;
  }
}

TEST(TraceLines, EveryEventIsALineWithItsNumberAndTask) {
  MadeTrace made = stalled_writer();
  const std::string text = trace_lines(made.trace());
  std::size_t number = 0;
  std::size_t at = 0;
  for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const Json line = Json::parse(text.substr(at, end - at));
    EXPECT_EQ(line["event"], number);
    EXPECT_EQ(line["when"], made[number].when);
    EXPECT_EQ(line["task"], made[number].tid == kWriter ? "writer" : "resizer");
    ++number;
  }
  EXPECT_EQ(number, made.trace().events.size());
}

}  // namespace
}  // namespace hangrate
