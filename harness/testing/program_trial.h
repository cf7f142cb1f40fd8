// SPDX-License-Identifier: GPL-2.0-or-later
//
// ProgramTrial: for tests that look at one trial of a reproducer, as its supervisor.
#pragma once

#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/worker_process.h"

namespace hangrate::testing {

/// `Test`: ::testing::Test, or one with a parameter.
template <typename Test = ::testing::Test>
class ProgramTrial : public Test {
 protected:
  /// Starts a trial and waits until it is parked.
  void park(Program program, const char* variant, std::int64_t patience_ns = 1'000'000) {
    worker_.start(program, variant, patience_ns);
    ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_PARKED); }));
  }
  void order(std::uint32_t what) {
    worker_.order(what);
    ASSERT_TRUE(comes_true([&] { return worker_.answered(); }));
  }

  ProgramWorker worker_;
  hang_slot& slot_ = worker_.slot();
};

}  // namespace hangrate::testing
