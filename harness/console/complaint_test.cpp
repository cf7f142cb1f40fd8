// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/complaint.h"

#include <gtest/gtest.h>

#include "harness/model/console.h"

namespace hangrate {
namespace {

struct Case {
  const char* message;
  const char* kind;
};

// Of other architectures, older kernels and put together by the kernel from parts: what
// scripts/kernel-complaints does not find in the sources it reads.
constexpr Case kComplaints[] = {
    {"INFO: task fuse_flush_exit:412 blocked for more tha", "hung-task"},
    {"INFO: task fuse:374 blocked in I/O wait for more than 122 seconds.", "hung-task"},
    {"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [writer:99]", "soft-lockup"},
    {"NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [writer:99]", "soft-lockup"},
    {"watchdog: CPU 3 detected hard LOCKUP on other CPUs 0", "hard-lockup"},
    {"CPU1: Watchdog detected hard LOCKUP on cpu 1", "hard-lockup"},
    {"rcu: rcu_preempt kthread starved for 21003 jiffies! g8033 f0x2 ->state=0x0", "rcu-stall"},
    {"INFO: rcu_tasks detected stalls on tasks:", "rcu-stall"},
    {"divide error: 0000 [#1] PREEMPT SMP NOPTI", "oops"},
    {"stack segment: 0000 [#1] SMP PTI", "oops"},
    {"general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP", "oops"},
    {"Internal error: synchronous external abort: 0000000096000210 [#1] PREEMPT SMP", "oops"},
    {"illegal operation: 0001 ilc:1 [#1] SMP", "oops"},
    {"Oops: Kernel access of bad area, sig: 11 [#1]", "oops"},
    {"Oops - illegal instruction [#1]", "oops"},
    {"Oops [#1]", "oops"},
    {"Kernel BUG [#1]", "oops"},
    {"BUG kmalloc-64 (Not tainted): Left Redzone overwritten", "corruption"},
    {"writer: Corrupted page table at address 7f00", "corruption"},
    {"writer invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0", "oom"},
    {"kworker/u16:3+ev: page allocation failure: order:0, mode:0x40cc0", "warning"},
    {"[ BUG: Invalid wait context ]", "lockdep"},
    {"[ INFO: possible recursive locking detected ]", "lockdep"},
    {"[ INFO: suspicious RCU usage. ]", "lockdep"},
    {"WARNING: possible irq lock inversion dependency detected", "lockdep"},
    {"WARNING: CPU: 1 PID: 412 at lib/refcount.c:28 refcount_warn_saturate+0xd8", "warning"},
    {"WARNING: lib/refcount.c:28 at refcount_warn_saturate+0xd8, CPU#1: writer/412", "warning"},
    {"clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable", "notice"},
};

TEST(Complaint, IsKnownByItsOpener) {
  for (const Case& c : kComplaints) EXPECT_EQ(complaint_in(c.message), c.kind) << c.message;
}

TEST(Complaint, IsNoneWhenItIsQuoted) {
  for (const Case& c : kComplaints) {
    for (const char* before : {"init: checking for ", "\"", "  ", "test-suite: "}) {
      EXPECT_EQ(complaint_in(before + std::string(c.message)), "") << before << c.message;
    }
  }
}

TEST(Complaint, IsNoneInWhatOnlySoundsLikeOne) {
  for (const char* message : {
           "Kernel command line: console=ttyS0 panic=-1 oops=panic hung_task_panic=1",
           "rcu: \tRCU CPU stall warnings timeout set to 60 (rcu_cpu_stall_timeout).",
           "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
           "kfence: initialized - using 2097152 bytes for 255 objects",
           "kasan: KernelAddressSanitizer initialized",
           "Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
           "WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks!",
           "INFO: lockdep is turned off.",
           "Kernel/User page tables isolation: disabled",
           "                  double unlock:  ok  |  ok  |  ok  |",
           "workqueue: output_poll_execute hogged CPU for >10000us 4 times",
           "bugs in the job [#1]",
           "job 3: done [#1]",
           "",
       }) {
    EXPECT_EQ(complaint_in(message), "") << message;
  }
}

TEST(Complaint, HasAGravityByWhichOneIsWorseThanAnother) {
  EXPECT_LT(gravity_of("notice"), gravity_of("warning"));
  EXPECT_LT(gravity_of("oom"), gravity_of("hung-task"));
  EXPECT_LT(gravity_of("workqueue-lockup"), gravity_of("kfence"));
  EXPECT_LT(gravity_of("lockdep"), gravity_of("bug"));
  EXPECT_LT(gravity_of("oops"), gravity_of("panic"));
  EXPECT_EQ(gravity_of("no such kind"), Gravity::Info);
  for (const Case& c : kComplaints) {
    if (std::string_view(c.kind) != "notice") {
      EXPECT_GT(gravity_of(c.kind), Gravity::Info) << c.kind;
    }
  }
}

}  // namespace
}  // namespace hangrate
