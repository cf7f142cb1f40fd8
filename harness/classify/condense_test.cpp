// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/condense.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

void add(Trace& trace, int tid, TraceKind kind, TracedCall call, std::int64_t result = 0,
         std::int64_t number = 0) {
  trace.events.push_back({.when = static_cast<Nanos>(trace.events.size()),
                          .tid = tid,
                          .kind = kind,
                          .call = call,
                          .number = number,
                          .result = result});
}

void add_pair(Trace& trace, int tid, TracedCall call, std::int64_t result,
              std::int64_t number = 0) {
  add(trace, tid, TraceKind::Call, call, 0, number);
  add(trace, tid, TraceKind::Return, call, result, number);
}

TEST(Condense, LeavesOutTheMiddleOfCallsThatCameBackAndCountsIt) {
  Trace trace;
  for (int i = 0; i < 100; ++i) add_pair(trace, 7, TracedCall::PipeWrite, 137);
  add(trace, 7, TraceKind::Call, TracedCall::PipeWrite);
  add(trace, 7, TraceKind::Sleep, TracedCall::PipeWrite);
  condense(trace);
  EXPECT_EQ(trace.events.size(), 2u * 6 + 2);
  EXPECT_EQ(trace.condensed, 188u);
  EXPECT_EQ(trace.events.front().when, 0);
  EXPECT_EQ(trace.events.back().kind, TraceKind::Sleep);
}

TEST(Condense, KeepsWhatSleptReadOrResized) {
  Trace trace;
  for (int i = 0; i < 20; ++i) {
    add_pair(trace, 1, TracedCall::PipeRead, 100);
    add_pair(trace, 2, TracedCall::PipeFcntl, 65536, 1031);
    add_pair(trace, 3, TracedCall::FuseFlush, 0);
    add(trace, 4, TraceKind::Call, TracedCall::PipeWrite);
    add(trace, 4, TraceKind::Sleep, TracedCall::PipeWrite);
    add(trace, 4, TraceKind::Return, TracedCall::PipeWrite, 1);
  }
  const Trace before = trace;
  condense(trace);
  EXPECT_EQ(trace, before);
}

TEST(Condense, TasksAreCountedApart) {
  Trace trace;
  for (int i = 0; i < 6; ++i) {
    add_pair(trace, 1, TracedCall::WaitChild, 0);
    add_pair(trace, 2, TracedCall::WaitChild, 0);
  }
  condense(trace);
  EXPECT_EQ(trace.events.size(), 24u);
  EXPECT_EQ(trace.condensed, 0u);
}

}  // namespace
}  // namespace hangrate
