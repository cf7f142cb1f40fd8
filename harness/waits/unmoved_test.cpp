// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is told for nothing but a long uninterruptible sleep.
#include "harness/waits/unmoved.h"

#include <gtest/gtest.h>

#include "harness/testing/made_graph.h"

namespace hangrate {
namespace {

TaskSample in_state_d() {
  TaskSample task;
  task.pid = task.tid = 10;
  task.state = 'D';
  task.started = 5;
  task.switches = 7;
  task.wchan = "pipe_read";
  return task;
}

TEST(Unmoved, TellsAnUninterruptibleSleepWithoutASwitch) {
  const auto told = unmoved(in_state_d(), in_state_d(), 2 * kSecond);
  ASSERT_TRUE(told);
  EXPECT_NE(told->why.find("in pipe_read and has not moved for 2.0 s"), std::string::npos);
}

TEST(Unmoved, TellsNobodyWhoMovedOrSleepsOtherwise) {
  TaskSample other = in_state_d();
  other.switches = 8;
  EXPECT_FALSE(unmoved(in_state_d(), other, kSecond)) << "between two requests of a disk";
  other = in_state_d();
  other.started = 6;
  EXPECT_FALSE(unmoved(in_state_d(), other, kSecond)) << "another task of this number";
  other = in_state_d();
  other.state = 'S';
  EXPECT_FALSE(unmoved(in_state_d(), other, kSecond));
  EXPECT_FALSE(unmoved(other, in_state_d(), kSecond));
  other = in_state_d();
  other.switches.reset();
  EXPECT_FALSE(unmoved(other, other, kSecond)) << "whether it moved is not known";
}

using UnmovedInGraph = testing::MadeGraph;

TEST_F(UnmovedInGraph, AreThoseOfWhoseWaitNothingIsKnown) {
  made_.sleeper(10, "fsync", "0x3", "folio_wait_bit_common").sample.state = 'D';
  made_.sleeper(11, "fsync", "0x3", "folio_wait_bit_common");  // state S
  const Diagnosis seen = judged();
  ASSERT_EQ(seen.unmoved.size(), 1U);
  EXPECT_EQ(seen.unmoved[0].pid, 10);
}

TEST_F(UnmovedInGraph, AreThoseThatWaitForTheLockOfAPipeSinceWhoHasItIsNotSeen) {
  made_.holds(10, 3, ObjectKind::Pipe, "pipe:[7]", true, false);
  made_.sleeper(10, "read", "0x3 0x0", "anon_pipe_read").sample.state = 'D';
  made_.holds(11, 3, ObjectKind::Pipe, "pipe:[7]", true, false);
  made_.sleeper(11, "read", "0x3 0x0", "anon_pipe_read");  // for data
  made_.holds(20, 4, ObjectKind::Pipe, "pipe:[7]", false, true);
  made_.sleeper(20, "nanosleep", "0x1 0x0");
  const Diagnosis seen = judged();
  ASSERT_EQ(seen.unmoved.size(), 1U);
  EXPECT_EQ(seen.unmoved[0].pid, 10);
}

TEST_F(UnmovedInGraph, AreNoneWhoseReleaserCanGoOn) {
  SeenTask& caller = made_.sleeper(10, "read", "0x3 0x0", "request_wait_answer");
  caller.sample.state = 'D';
  made_.holds(20, 3, ObjectKind::FuseDevice, "/dev/fuse", true, true).connection = 40;
  made_.sleeper(20, "nanosleep", "0x1 0x0");
  made_.seen().fuse_waiting[40] = 1;
  EXPECT_TRUE(judged().unmoved.empty()) << "a server that takes its time";
}

}  // namespace
}  // namespace hangrate
