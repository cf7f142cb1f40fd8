// SPDX-License-Identifier: GPL-2.0-or-later
//
// MadeGraph: a test that makes up looks at tasks, and is told what they prove.
#pragma once

#include <functional>

#include <gtest/gtest.h>

#include "harness/testing/made_snapshot.h"
#include "harness/waits/wait_graph.h"

namespace hangrate::testing {

class MadeGraph : public ::testing::Test {
 protected:
  /// Three looks at the same; `change` makes the last one different.
  Diagnosis judged(std::uint32_t ready = 0, const std::function<void(Snapshot&)>& change = {}) {
    const Snapshot& before = made_.seen();
    WaitGraph graph(before, made_.seen(), options_);
    Answers answers;
    for (const Question& question : graph.questions())
      answers[question] = static_cast<short>(ready);
    Snapshot third = made_.seen();
    if (change) change(third);
    return graph.conclude(answers, third);
  }

  void full_pipe_with_a_parent_that_waits() {
    made_.sleeper(10, "wait4", "0xb 0x0");  // for process 11
    made_.reads(10, 3, "pipe:[7]");
    made_.sleeper(11, "write", "0x1 0x0").parent = 10;
    made_.writes(11, 1, "pipe:[7]");
  }
  void reader_of_its_own_pipe() {
    made_.sleeper(10, "read", "0x3 0x0");
    made_.reads(10, 3, "pipe:[7]");
    made_.writes(10, 4, "pipe:[7]");
  }

  MadeSnapshot made_;
  GraphOptions options_;
};

}  // namespace hangrate::testing
