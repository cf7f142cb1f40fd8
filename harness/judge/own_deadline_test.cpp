// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/own_deadline.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TaskSample in(const char* name, const char* raw) {
  TaskSample task;
  task.syscall_name = name;
  task.syscall = raw;
  return task;
}

TEST(OwnDeadline, IsSeenWhereACallWasGivenATime) {
  for (const TaskSample& task :
       {in("poll", "7 0x7ffc 0x1 0x0 0x0"), in("epoll_pwait", "281 0x4 0x7f 0x1 0x64 0x0 0x8"),
        in("epoll_pwait2", "441 0x4 0x7f 0x1 0x7ffc 0x0 0x8"),
        in("select", "23 0x5 0x7ffc 0x0 0x0 0x7ffd"),
        in("pselect6", "270 0x5 0x7ffc 0x0 0x0 0x7ffd 0x0"), in("nanosleep", "35 0x7ffc 0x0"),
        in("futex", "202 0x7f 0x80 0x0 0x7ffc 0x0 0x0"),
        in("futex", "202 0x7f 0x106 0x0 0x7ffc 0x0 0x0"),
        in("semtimedop", "220 0x1 0x7ffc 0x1 0x7ffd"),
        in("mq_timedreceive", "243 0x3 0x7ffc 0x64 0x0 0x7ffd"),
        in("recvmmsg", "299 0x3 0x7ffc 0x1 0x0 0x7ffd"),
        in("io_uring_enter", "426 0x3 0x0 0x1 0x9 0x7ffc 0x18")}) {
    EXPECT_EQ(own_deadline(task), task.syscall_name) << task.syscall;
  }
}

TEST(OwnDeadline, IsNotSeenWhereNoneWasGivenOrNothingIsKnown) {
  for (const TaskSample& task :
       {in("poll", "7 0x7ffc 0x1 0xffffffff 0x0"), in("poll", "7 0x7ffc 0x1 0xffffffffffffffff"),
        in("ppoll", "271 0x7ffc 0x1 0x0 0x0"), in("epoll_wait", "232 0x4 0x7f 0x1 0xffffffff"),
        in("select", "23 0x5 0x7ffc 0x0 0x0 0x0"), in("futex", "202 0x7f 0x80 0x0 0x0 0x0 0x0"),
        in("futex", "202 0x7f 0x1 0x1 0x7ffc"),  // FUTEX_WAKE: the fourth is no time
        in("write", "1 0x4 0x7f 0x11000"), in("pause", "34 0x0"), in("", ""), in("poll", ""),
        in("poll", "7"), in("poll", "7 0x7ffc 0x1 bad"),
        in("io_uring_enter", "426 0x3 0x0 0x1 0x1 0x0 0x8")}) {
    EXPECT_EQ(own_deadline(task), std::nullopt) << task.syscall;
  }
}

TEST(OwnDeadline, IsSeenByTheStackOrTheChannelAlone) {
  TaskSample task;
  task.stack = {"do_nanosleep", "hrtimer_nanosleep", "__x64_sys_nanosleep"};
  EXPECT_TRUE(own_deadline(task));
  task.stack = {"schedule_hrtimeout_range_clock", "do_sys_poll"};  // also without a time
  EXPECT_FALSE(own_deadline(task));
  task.wchan = "hrtimer_nanosleep";
  EXPECT_TRUE(own_deadline(task));
}

TEST(OwnDeadline, OfAPollThatASignalInterruptedIsTheOneItWasGiven) {
  TaskSample endless = in("restart_syscall", "219 0x7ffc 0x1 0xffffffff");
  EXPECT_TRUE(own_deadline(endless)) << "without a stack it may be a sleep";
  endless.stack = {"do_sys_poll", "do_restart_poll"};
  EXPECT_FALSE(own_deadline(endless));
  TaskSample timed = in("restart_syscall", "219 0x7ffc 0x1 0xbb8");
  timed.stack = endless.stack;
  EXPECT_TRUE(own_deadline(timed));
}

}  // namespace
}  // namespace hangrate
