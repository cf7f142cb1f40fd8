// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is read of the sets of poll and select, and what is proven by it.
#include "harness/waits/poll_set.h"

#include <gtest/gtest.h>

#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

using Select = testing::MadeGraph;

/// The word of a set of a select for 64 files: one bit of the given number each.
std::string one_bit(unsigned number) {
  std::string word(8, '\0');
  word[number / 8] = static_cast<char>(1U << (number % 8));
  return word;
}

TEST_F(Select, ASelectWaitsForTheFilesOfItsSets) {
  made_.sleeper(10, "select", "0x4 0x1000 0x0 0x0 0x0", "do_select");
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  made_.seen().memory[10] = one_bit(3);
  ASSERT_EQ(judged().proofs.size(), 1U);
  EXPECT_EQ(judged().proofs[0].kind, ProofKind::Orphaned);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.writes(11, 4, "pipe:[7]");
  EXPECT_TRUE(judged().proofs.empty());
}

TEST_F(Select, ASelectWithATimeLimitOrUnreadSetsProvesNothing) {
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  made_.seen().memory[10] = one_bit(3);
  made_.sleeper(10, "pselect6", "0x4 0x1000 0x0 0x0 0x2000", "do_select");
  EXPECT_TRUE(judged().proofs.empty());
  made_.sleeper(10, "pselect6", "0x4 0x1000 0x1080 0x0 0x0", "do_select");
  EXPECT_TRUE(judged().proofs.empty()) << "a second set was not read";
}

TEST_F(Select, BitsOfASelectBeyondItsFilesAreNotWaitedFor) {
  made_.sleeper(10, "select", "0x4 0x1000 0x0 0x0 0x0", "do_select");
  made_.reads(10, 3, "pipe:[7]");
  made_.writes(10, 4, "pipe:[7]");
  made_.reads(10, 5, "pipe:[9]");
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.writes(11, 4, "pipe:[9]");
  made_.seen().memory[10] = std::string("\x28", 1) + std::string(7, '\0');  // 3 and 5
  EXPECT_EQ(judged().proofs.size(), 1U);
  made_.sleeper(10, "select", "0x6 0x1000 0x0 0x0 0x0", "do_select");
  EXPECT_TRUE(judged().proofs.empty());
}

/// fs/select.c: a hang-up is input, an error is input and output, neither is an exception.
TEST_F(Select, WhatEndsASelectDependsOnTheSet) {
  const auto lost = [&](const std::string& sets, std::uint32_t events) {
    made_.sleeper(10, "select", "0x5 " + sets, "do_select");
    made_.seen().memory[10] = one_bit(4);
    const Diagnosis seen = judged(events);
    return !seen.proofs.empty() && seen.proofs[0].kind == ProofKind::LostWakeUp;
  };
  made_.holds(10, 4, ObjectKind::Socket, "socket:[5]", true, true);
  made_.sleeper(11, "nanosleep", "0x1 0x0");
  made_.holds(11, 3, ObjectKind::Socket, "socket:[6]", true, true);
  made_.seen().peers = {{5, 6}, {6, 5}};
  const std::string in = "0x1000 0x0 0x0 0x0";
  const std::string out = "0x0 0x1000 0x0 0x0";
  const std::string exceptions = "0x0 0x0 0x1000 0x0";
  EXPECT_TRUE(lost(in, kPollHangUp));
  EXPECT_TRUE(lost(in, kPollError));
  EXPECT_FALSE(lost(out, kPollHangUp));
  EXPECT_TRUE(lost(out, kPollError));
  EXPECT_FALSE(lost(exceptions, kPollHangUp | kPollError));
  EXPECT_TRUE(lost(exceptions, kPollPriority));
}

}  // namespace
}  // namespace hangrate
