// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/trace_maker.h"

#include <cstring>

#include <gtest/gtest.h>

#include "bpf/decode.h"

namespace hangrate {
namespace {

constexpr int kRoot = 100;

hr_slot slot(Nanos when, std::uint32_t tid, hr_kind kind, std::uint32_t other = 0) {
  hr_slot s{};
  s.when = static_cast<std::uint64_t>(when);
  s.tid = tid;
  s.pid = tid;
  s.root = 1;
  s.kind = kind & 0x3f;
  s.other = other;
  return s;
}

TraceParts parts(std::vector<RawEvent> events) {
  TraceParts made{.request = {.from = 0, .until = kSecond, .root = kRoot}, .root = 1};
  made.read.events = std::move(events);
  return made;
}

hr_slot fork_slot(Nanos when, std::uint32_t child) {
  hr_slot s = slot(when, kRoot, HR_FORK, child);
  s.value = child;
  std::memcpy(s.comm, "worker", 7);
  return s;
}

TEST(TraceMaker, MergesCpusByTime) {
  const Trace trace = make_trace(parts(
      {{1, slot(30, kRoot, HR_RUN)}, {0, slot(20, kRoot, HR_RUN)}, {1, slot(10, kRoot, HR_RUN)}}));
  ASSERT_EQ(trace.events.size(), 3U);
  EXPECT_EQ(trace.events[0].when, 10);
  EXPECT_EQ(trace.events[1].cpu, 0);
  EXPECT_EQ(trace.events[2].when, 30);
}

TEST(TraceMaker, FollowsTasksMadeInTheWindowAndNamesThem) {
  const Trace trace = make_trace(parts({{0, fork_slot(1, 101)}, {0, slot(2, 101, HR_RUN)}}));
  ASSERT_EQ(trace.events.size(), 2U);
  EXPECT_EQ(trace.tasks.back().tid, 101);
  EXPECT_EQ(trace.tasks.back().comm, "worker");
}

TEST(TraceMaker, LeavesOutTasksOfOlderTrialsAndOtherWorkers) {
  hr_slot other_worker = slot(2, kRoot, HR_RUN);
  other_worker.root = 2;
  const Trace trace = make_trace(parts({{0, slot(1, 55, HR_RUN)}, {0, other_worker}}));
  EXPECT_TRUE(trace.events.empty());
}

TEST(TraceMaker, KeepsAPartyThatIsOlderThanTheWindow) {
  TraceParts made = parts({{0, slot(1, 55, HR_RUN)}});
  made.request.tasks = {{.tid = 55, .pid = 55, .role = "writer"}};
  const Trace trace = make_trace(std::move(made));
  EXPECT_EQ(trace.events.size(), 1U);
  EXPECT_EQ(trace.tasks[0].role, "writer");
}

TEST(TraceMaker, KeepsAStrangerWhoWakesOneOfOurs) {
  const Trace trace =
      make_trace(parts({{0, slot(1, 9, HR_WAKE, kRoot)}, {0, slot(2, 9, HR_WAKE, 77)}}));
  ASSERT_EQ(trace.events.size(), 1U);
  EXPECT_EQ(trace.events[0].other, kRoot);
}

TEST(TraceMaker, EndsWhereItWasAskedTo) {
  EXPECT_TRUE(make_trace(parts({{0, slot(2 * kSecond, kRoot, HR_RUN)}})).events.empty());
}

TEST(TraceMaker, PutsStacksWhereTheTaskWentToSleep) {
  hr_slot user = slot(2, kRoot, HR_USER_STACK);
  user.object = 0x1010;
  TraceParts made = parts({{0, slot(1, kRoot, HR_SLEEP, 1)}, {0, user}});
  made.layout = {{.begin = 0x1000, .end = 0x2000, .offset = 0x200, .name = "repro"}};
  made.stacks = {{.task = {.tid = kRoot, .pid = kRoot}, .frames = {"pipe_write"}}};
  made.stacks_at = 3;
  const Trace trace = make_trace(std::move(made));
  ASSERT_EQ(trace.events.size(), 1U);
  EXPECT_EQ(trace.events[0].user_stack, std::vector<std::string>{"repro+0x210"});
  EXPECT_EQ(trace.events[0].stack, std::vector<std::string>{"pipe_write"});
}

TEST(TraceMaker, GivesNoKernelStackToASleepThatIsOver) {
  TraceParts made = parts({{0, slot(1, kRoot, HR_SLEEP, 1)}, {0, slot(2, kRoot, HR_RUN)}});
  made.stacks = {{.task = {.tid = kRoot, .pid = kRoot}, .frames = {"pipe_write"}}};
  made.stacks_at = 3;
  EXPECT_TRUE(make_trace(std::move(made)).events[0].stack.empty());
}

TEST(TraceMaker, GivesNoKernelStackToASleepThatBeganAfterTheStackWasRead) {
  TraceParts made = parts({{0, slot(1, kRoot, HR_SLEEP, 1)},
                           {0, slot(3, kRoot, HR_RUN)},
                           {0, slot(4, kRoot, HR_SLEEP, 1)}});
  made.stacks = {{.task = {.tid = kRoot, .pid = kRoot}, .frames = {"pipe_write"}}};
  made.stacks_at = 2;
  EXPECT_TRUE(make_trace(std::move(made)).events.back().stack.empty());
}

TEST(TraceMaker, CountsCallsThatSimplyCameBack) {
  hr_slot quiet = slot(1, kRoot, HR_QUIET);
  quiet.value = 7;
  hr_slot absurd = slot(2, kRoot, HR_QUIET);
  absurd.value = -7;
  const Trace trace = make_trace(parts({{0, quiet}, {0, absurd}}));
  EXPECT_TRUE(trace.events.empty());
  EXPECT_EQ(trace.condensed, 14U);
}

TEST(TraceMaker, TakesACallThatWasToldTwiceOnce) {
  hr_slot call = slot(5, kRoot, HR_CALL);
  call.call = HR_PIPE_WRITE;
  call.flags = HR_LATE;
  hr_slot next = call;
  next.when = 6;
  EXPECT_EQ(make_trace(parts({{0, call}, {0, slot(5, kRoot, HR_RUN)}, {0, call}, {0, next}}))
                .events.size(),
            3U);
}

TEST(TraceMaker, CountsWhatIsLost) {
  TraceParts made = parts({});
  made.read.torn = 2;
  made.read.wrapped = {1};
  const Trace trace = make_trace(std::move(made));
  EXPECT_EQ(trace.lost, 3U);
  ASSERT_EQ(trace.absent.size(), 1U);
  EXPECT_EQ(trace.absent[0], "the ring of CPU 1 begins after the trial");
}

}  // namespace
}  // namespace hangrate
