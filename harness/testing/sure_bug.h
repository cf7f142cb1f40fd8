// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests of a reproducer whose bug hits in each trial, on the kernels that have it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/worker_process.h"

namespace hangrate::testing {

/// A kernel has the bug in each of `trials` or in none, as in the first one.
inline void expect_always_or_never(Program program, const char* variant, const char* trials) {
  const int first = run_alone(program, {variant, "--trials", "1"});
  EXPECT_TRUE(first == 0 || first == HANG_EXIT_HIT) << first;
  EXPECT_EQ(run_alone(program, {variant, "--trials", trials}), first);
}

/// What the anomaly of a trial of `variant` says; "" if the trial is clean.
inline std::string anomaly_of(Program program, const char* variant) {
  ProgramWorker worker;
  worker.start(program, variant, 20'000'000);
  EXPECT_TRUE(comes_true([&] { return worker.in(HANG_REPORTED) || worker.clean(); }));
  if (!worker.in(HANG_REPORTED)) return "";
  EXPECT_EQ(worker.slot().outcome, static_cast<std::uint32_t>(HANG_ANOMALY));
  EXPECT_NE(std::string(worker.slot().message), "");
  return worker.slot().message;
}

}  // namespace hangrate::testing
