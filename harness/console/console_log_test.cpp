// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/console_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"

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
  EXPECT_EQ(both[0].lines.front(), "Kernel panic - not syncing: Fatal exception");
}

TEST(ConsoleLog, AFloodIsBounded) {
  std::string flood;
  for (int i = 0; i < 5000; ++i)
    flood += "WARNING: CPU: 1 PID: 4 at fs/pipe.c:1\n---[ end trace ]---\n";
  EXPECT_EQ(findings_in(flood).size(), kMostFindings);
}

/// Their kinds, in order.
std::string kinds_in(const std::string& console) {
  std::string kinds;
  for (const ConsoleFinding& finding : findings_in(console)) kinds += finding.kind + " ";
  return kinds;
}

std::string testdata(const std::string& name) {
  const auto text = read_file(HANGRATE_SOURCE_DIR "/harness/console/testdata/" + name);
  EXPECT_TRUE(text.has_value()) << name;
  return text.value_or("");
}

TEST(ConsoleLog, RecordedBootsAndWhatProgramsPrintInThemHaveNoFinding) {
  for (const char* name : {"ordinary_boots.log", "systemd_boot.log"}) {
    const std::string text = testdata(name);
    EXPECT_GT(text.size(), 1000u);
    EXPECT_EQ(kinds_in(text), "") << name;
    EXPECT_EQ(kinds_in(text + "\n[  999.000000] BUG: Bad page state in process w  pfn:1\n"),
              "corruption ");
  }
}

TEST(ConsoleLog, APanicIsNeverDroppedHoweverLateItComes) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) {
    flood += "[    1.0] BUG: Bad page state in process w  pfn:1\n[    1.1] ---[ end trace 0 ]---\n";
  }
  flood += "[    9.0] Kernel panic - not syncing: late\n";
  const auto found = findings_in(flood);
  ASSERT_EQ(found.size(), kMostFindings);
  EXPECT_EQ(found.back().kind, "panic");
  EXPECT_EQ(found.back().lines[0], "Kernel panic - not syncing: late");
}

TEST(ConsoleLog, OverTheCapTheLeastGraveGoesAndTheRestStaysInOrder) {
  std::string text = "WARNING: CPU: 1 first\n---[ end trace 0 ]---\nINFO: a note\n---[ end ]---\n";
  for (std::size_t i = 0; i + 2 < kMostFindings; ++i) {
    text += "BUG: KASAN: bug " + std::to_string(i) + "\n---[ end trace 0 ]---\n";
  }
  EXPECT_EQ(findings_in(text).size(), kMostFindings);
  const auto found =
      findings_in(text + "Oops: late\nRIP: 1\n---[ end ]---\nINFO: no room\nits line\n");
  ASSERT_EQ(found.size(), kMostFindings);
  EXPECT_EQ(found[0].kind, "warning");
  EXPECT_EQ(found[1].lines[0], "BUG: KASAN: bug 0");
  EXPECT_EQ(found.back().kind, "oops");
  EXPECT_EQ(found.back().lines.size(), 3u);
}

TEST(ConsoleLog, AGraverComplaintIsAFindingOfItsOwnAndALesserOneGoesOn) {
  EXPECT_EQ(kinds_in("BUG: soft lockup - CPU#1\nRIP: 1\nOops: 0000 [#1]\nRIP: 2\n"),
            "soft-lockup oops ");
  EXPECT_EQ(kinds_in("BUG: KASAN: x\nINFO: Slab 0x1\nat y\nINFO: task w:1 blocked for more\n"),
            "kasan hung-task ");
  EXPECT_EQ(kinds_in("list_del corruption. x\n---[ cut\nkernel BUG at lib/list_debug.c:59!\n"),
            "corruption ");
}

TEST(ConsoleLog, TheTextOfAWarnIsItsHeadline) {
  const std::string warn =
      "------------[ cut here ]------------\nsnd: no such thing\n"
      "WARNING: CPU: 1 PID: 4 at fs/pipe.c:1\nRIP: 1\n---[ end trace 0 ]---\nordinary\n";
  const auto found = findings_in(warn);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "warning");
  EXPECT_EQ(found[0].lines[0], "snd: no such thing");
  EXPECT_EQ(found[0].lines.size(), 4u);
  EXPECT_EQ(kinds_in("------------[ cut here ]------------\nrefcount_t: underflow.\n"
                     "WARNING: CPU: 1 PID: 4 at lib/refcount.c:28\n"),
            "corruption ");
  EXPECT_EQ(kinds_in("------------[ cut here ]------------\nand no more"), "warning ");
  EXPECT_EQ(kinds_in("------------[ cut here ]------------\n"), "");
}

TEST(ConsoleLog, TwoCpusThatComplainAtOnceAreTwoFindingsWithTheirOwnLines) {
  const auto found = findings_in(
      "[   30.000001][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [writer:99]\n"
      "[   30.000002][    C0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [resizer:98]\n"
      "[   30.000003][    C1] Comm: writer\n[   30.000004][    C0] Comm: resizer\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].lines.at(1), "Comm: writer");
  EXPECT_EQ(found[1].lines.at(1), "Comm: resizer");
}

TEST(ConsoleLog, AKernelsLineInAnUnendedOneCountsAndAnOldOneThatIsQuotedDoesNot) {
  const std::string begun = "[   10.000000] BUG: first\n[   10.000001] ---[ end trace 0 ]---\n";
  EXPECT_EQ(kinds_in(begun + "login: [   11.000000] BUG: second\n"), "bug bug ");
  EXPECT_EQ(kinds_in(begun + "grep says [   10.000000] BUG: first\n"), "bug ");
  EXPECT_EQ(kinds_in(begun + "progress 10 %\r[   11.000000] BUG: second\n"), "bug bug ");
}

TEST(ConsoleLog, ALineWithoutAMarkOpensNothingOnceTheKernelHasShownItsMarks) {
  EXPECT_EQ(kinds_in("BUG: of a kernel without times\n"), "bug ");
  EXPECT_EQ(kinds_in("[    0.000000] Linux version 6.1.0\nBUG: of a program\n"), "");
  EXPECT_EQ(kinds_in("<9>[    1.000000] BUG: of a program\n"), "");
  EXPECT_EQ(kinds_in("<1>[    1.000000] BUG: of a kernel\n"), "bug ");
}

TEST(ConsoleLog, ItDoesNotMatterWhereTheBytesAreCut) {
  const std::string text =
      "\x1b[1m[    1.0] BUG: KASAN: x\x1b[0m\r\n[    1.1] at y\r\n[    2.0] Kernel panic - not "
      "syncing: z\r\nlast";
  const auto whole = findings_in(text);
  ASSERT_EQ(whole.size(), 2u);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ConsoleLog log;
    log.take(std::string_view(text).substr(0, cut));
    log.take(std::string_view(text).substr(cut));
    EXPECT_EQ(log.findings(), whole) << cut;
  }
}

TEST(ConsoleLog, OfAnEndlessLineTheBeginningIsKept) {
  ConsoleLog log;
  log.take("[    1.0] BUG: long ");
  for (int i = 0; i < 1000; ++i) log.take(std::string(10'000, 'a'));
  log.take("\n[    2.0] Kernel panic - not syncing: z\n");
  const auto found = log.findings();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_LE(found[0].lines[0].size(), kMostBytes);
  EXPECT_EQ(found[1].kind, "panic");
}

TEST(ConsoleLog, AFileIsReadOnlyIfItIsARegularOne) {
  const std::string name = ::testing::TempDir() + "console_log_test." + std::to_string(::getpid());
  ASSERT_TRUE(write_file_atomically(name, "BUG: x\n"));
  ASSERT_TRUE(findings_in_file(name));
  EXPECT_EQ(findings_in_file(name)->size(), 1u);
  ::unlink(name.c_str());
  EXPECT_FALSE(findings_in_file(name));
  ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
  EXPECT_FALSE(findings_in_file(name));
  ::unlink(name.c_str());
  EXPECT_FALSE(findings_in_file("/dev/zero"));
  EXPECT_FALSE(findings_in_file("/proc/self/mem")) << "read() of what is not mapped: EIO";
}

}  // namespace
}  // namespace hangrate
