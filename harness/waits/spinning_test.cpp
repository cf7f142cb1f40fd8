// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is told to spin, and which sign of life refutes it.
#include "harness/waits/spinning.h"

#include <functional>

#include <gtest/gtest.h>

#include "harness/model/proc_text.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {
namespace {

constexpr Nanos kTick = 10 * kMilli;
constexpr Nanos kEnough = 5 * kSecond;

CpuSample found() {
  CpuSample sample;
  sample.pid = sample.tid = 10;
  sample.comm = "task";
  sample.state = 'R';
  sample.started = 1000;
  sample.user = 7;
  sample.kernel = 100;
  sample.voluntary = 3;
  sample.io = "syscr: 5\n";
  sample.syscall = "running";
  return sample;
}

/// What is told of it six seconds later, after five of them in the kernel and `change`.
std::optional<SpinningTask> told(const std::function<void(CpuSample&)>& change = {}) {
  CpuSample later = found();
  later.when = 6 * kSecond;
  later.kernel += 500;
  if (change) change(later);
  return spinning(found(), later, kEnough, kTick);
}

TEST(Spinning, TellsWhoUsedTheCpuInTheKernelAlone) {
  const auto spinner = told();
  ASSERT_TRUE(spinner);
  EXPECT_EQ(spinner->kernel_time, 5 * kSecond);
  EXPECT_EQ(spinner->seen_for, 6 * kSecond);
  EXPECT_EQ(spinner->task.pid, 10);
  EXPECT_NE(spinner->why.find("never seen in user mode"), std::string::npos) << spinner->why;
}

TEST(Spinning, TellsTheStackWhereItIsShown) {
  const auto spinner = told([](CpuSample& later) { later.stack = {"inner", "outer"}; });
  ASSERT_TRUE(spinner);
  EXPECT_EQ(spinner->task.place, "inner");
  EXPECT_EQ(spinner->stack.size(), 2U);
}

TEST(Spinning, LessTimeThanAskedForIsNotTold) {
  EXPECT_FALSE(told([](CpuSample& later) { --later.kernel; }));
}

TEST(Spinning, EverySignOfLifeRefutesIt) {
  const std::vector<std::function<void(CpuSample&)>> signs = {
      [](CpuSample& later) { ++later.user; },
      [](CpuSample& later) { later.voluntary = 4; },
      [](CpuSample& later) { later.io = "syscr: 6\n"; },
      [](CpuSample& later) { ++later.faults; },
      [](CpuSample& later) { later.state = 'S'; },
      [](CpuSample& later) { later.state = 'T'; },
      [](CpuSample& later) { later.started = 1001; },
  };
  for (std::size_t i = 0; i < signs.size(); ++i) EXPECT_FALSE(told(signs[i])) << i;
}

TEST(Spinning, WhatIsNotKnownIsNotTold) {
  EXPECT_FALSE(told([](CpuSample& later) { later.voluntary.reset(); }));
  EXPECT_FALSE(told([](CpuSample& later) { later.io.clear(); })) << "not permitted to read it";
}

TEST(Spinning, AnotherCallRefutesItWhereBothAreShown) {
  CpuSample first = found();
  first.syscall = "0 0x3 0x0";
  CpuSample later = found();
  later.syscall = "0 0x4 0x0";
  EXPECT_EQ(left_the_kernel(first, later), "it made another call");
  later.syscall = "running";
  EXPECT_EQ(left_the_kernel(first, later), "");
  later.syscall = first.syscall;
  EXPECT_EQ(left_the_kernel(first, later), "");
}

TEST(Spinning, ReadsWhatTheKernelWrites) {
  CpuSample sample;
  ASSERT_TRUE(
      parse_stat("7 (a) b) R 3 7 7 0 -1 4194560 11 2 3 4 50 60 0 0 20 0 1 0 1234 0", sample));
  EXPECT_EQ(sample.comm, "a) b");
  EXPECT_EQ(sample.user, 50U);
  EXPECT_EQ(sample.kernel, 60U);
  EXPECT_EQ(sample.faults, 14U);
  EXPECT_EQ(sample.started, 1234U);
  parse_status("Name:\ta\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t9\n", sample);
  EXPECT_EQ(sample.voluntary, 5U);
  EXPECT_FALSE(parse_stat("7 (a) R 3", sample));
}

TEST(Spinning, GoesThroughJson) {
  Diagnosis diagnosis;
  diagnosis.spinning = {*told([](CpuSample& later) { later.stack = {"inner"}; })};
  const auto back = diagnosis_from_json(to_json_value(diagnosis));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->spinning.size(), 1U);
  EXPECT_EQ(back->spinning[0].kernel_time, 5 * kSecond);
  EXPECT_EQ(back->spinning[0].stack, diagnosis.spinning[0].stack);
  EXPECT_EQ(back->spinning[0].why, diagnosis.spinning[0].why);
}

}  // namespace
}  // namespace hangrate
