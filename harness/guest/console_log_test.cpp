// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/console_log.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(ConsoleLog, AnOrdinaryBootHasNoFinding) {
  EXPECT_TRUE(findings_in("Linux version 6.1.0\r\n"
                          "[    0.000000] Command line: panic=-1 oops=panic\r\n"
                          "[    0.1] Kernel/User page tables isolation: enabled\r\n"
                          "[    1.0] reboot: Power down\r\n")
                  .empty());
}

TEST(ConsoleLog, APanicBySysrqIsOne) {
  const auto found = findings_in(
      "[    2.1] sysrq: Trigger a crash\r\n"
      "[    2.2] Kernel panic - not syncing: sysrq triggered crash\r\n"
      "[    2.2] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0\r\n"
      "[    2.2] Call Trace:\r\n"
      "[    2.3] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "panic");
  EXPECT_EQ(found[0].lines[0], "Kernel panic - not syncing: sysrq triggered crash");
  EXPECT_GE(found[0].lines.size(), 3u);
}

TEST(ConsoleLog, EachKindIsTold) {
  const struct {
    const char* line;
    const char* kind;
  } cases[] = {
      {"[  243.1] INFO: task fuse:412 blocked for more than 120 seconds.", "hung-task"},
      {"[   30.0] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [writer:99]", "soft-lockup"},
      {"[   30.0] rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu-stall"},
      {"[   30.0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "rcu-stall"},
      {"[   30.0] WARNING: possible circular locking dependency detected", "lockdep"},
      {"[   30.0] BUG: KASAN: slab-use-after-free in pipe_read+0x12/0x40", "kasan"},
      {"[   30.0] BUG: kernel NULL pointer dereference, address: 0000000000000008", "oops"},
      {"[   30.0][  T412] WARNING: CPU: 1 PID: 412 at fs/pipe.c:1 pipe_read+0x1", "warning"},
  };
  for (const auto& c : cases) {
    const auto found = findings_in(c.line);
    ASSERT_EQ(found.size(), 1u) << c.line;
    EXPECT_EQ(found[0].kind, c.kind) << c.line;
  }
}

TEST(ConsoleLog, AnOopsThatPanicsIsTwoFindings) {
  const auto found = findings_in(
      "BUG: kernel NULL pointer dereference, address: 8\n#PF: supervisor read\n"
      "Oops: 0000 [#1] PREEMPT SMP\nRIP: 0010:x+0x1\nKernel panic - not syncing: Fatal "
      "exception\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, "oops");
  EXPECT_EQ(found[0].lines.size(), 4u);
  EXPECT_EQ(found[1].kind, "panic");
}

TEST(ConsoleLog, WhatOnlyTheEndMarkSaysHasALineToo) {
  const std::string mark = "---[ end Kernel panic - not syncing: Fatal exception ]---";
  const auto alone = findings_in(mark + "\n");
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].lines, std::vector<std::string>{mark});
  const auto both = findings_in("Kernel panic - not syncing: Fatal exception\n" + mark + "\n");
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].lines.size(), 1u) << "it was told";
}

TEST(ConsoleLog, AFloodIsBounded) {
  std::string flood;
  for (int i = 0; i < 5000; ++i)
    flood += "WARNING: CPU: 1 PID: 4 at fs/pipe.c:1\n---[ end trace ]---\n";
  EXPECT_EQ(findings_in(flood).size(), kMostFindings);
}

}  // namespace
}  // namespace hangrate
