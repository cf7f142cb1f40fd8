// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/proc_text.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(ProcStat, AcceptsParenthesesSpacesAndNewlinesInTheName) {
  TaskSample sample;
  parse_stat("4711 (a) S (\nevil) D 1 2 3 4 5 4194308 0 0\n", sample);
  EXPECT_EQ(sample.comm, "a) S (\nevil");
  EXPECT_EQ(sample.state, 'D');
  EXPECT_EQ(sample.flags, 4194308u);
  EXPECT_TRUE(sample.flags & kFlagExiting);
  EXPECT_TRUE(sample.absent.empty());
}

TEST(ProcStat, MalformedTextIsAnAbsenceAndLeavesTheStateUnknown) {
  for (const char* text : {"", "12", "12 (x", "12 (x)", "12 (x) ", ") 12 ("}) {
    TaskSample sample;
    parse_stat(text, sample);
    EXPECT_FALSE(sample.absent.empty()) << text;
  }
}

TEST(ProcStat, SurvivesEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    TaskSample sample;
    parse_stat(std::string(40, static_cast<char>(byte)), sample);
    std::string framed = "1 (";
    framed += static_cast<char>(byte);
    framed += ") S 1 2 3 4 5 4 0";
    TaskSample good;
    parse_stat(framed, good);
    EXPECT_EQ(good.state, 'S') << byte;
  }
}

TEST(ProcStatus, AddsBothKindsOfContextSwitches) {
  TaskSample sample;
  parse_status(
      "Name:\tx\nTracerPid:\t17\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n"
      "voluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n",
      sample);
  EXPECT_EQ(sample.switches, 42u);
  EXPECT_EQ(sample.shared_pending, 0x100u);
  EXPECT_EQ(sample.tracer, 17);
}

TEST(ProcStatus, WithoutCountersMotionStaysUnknown) {
  TaskSample sample;
  parse_status("Name:\tx\n", sample);
  EXPECT_FALSE(sample.switches.has_value());
  ASSERT_EQ(sample.absent.size(), 1u);
}

TEST(ProcStatus, GivesNameAndStateWhereStatCannotBeRead) {
  TaskSample sample;
  parse_name_and_state("Name:\ta b\nUmask:\t0022\nState:\tD (disk sleep)\nTgid:\t7\n", sample);
  EXPECT_EQ(sample.comm, "a b");
  EXPECT_EQ(sample.state, 'D');
  EXPECT_TRUE(sample.absent.empty());
  TaskSample cut;
  parse_name_and_state("Name:\tx\n", cut);
  EXPECT_EQ(cut.state, TaskSample().state);
  EXPECT_EQ(cut.absent.size(), 1u);
}

TEST(ProcWchan, ZeroMeansUnknown) {
  TaskSample sample;
  parse_wchan("0", sample);
  EXPECT_EQ(sample.wchan, "");
  EXPECT_EQ(sample.absent.size(), 1u);
  parse_wchan("pipe_write", sample);
  EXPECT_EQ(sample.wchan, "pipe_write");
}

TEST(ProcStack, KeepsFunctionNamesInOrder) {
  TaskSample sample;
  parse_stack(
      "[<0>] request_wait_answer+0x12/0x200 [fuse]\n[<0>] ? fuse_flush+0x1/0x2\n"
      "[<0>] do_exit+0x1/0x2\n",
      sample);
  EXPECT_EQ(sample.stack,
            (std::vector<std::string>{"request_wait_answer", "fuse_flush", "do_exit"}));
}

TEST(ProcStack, NamesTheFunctionACompilerClonedNotTheClone) {
  TaskSample sample;
  parse_stack("[<0>] fuse_flush.isra.0+0x1/0x2\n[<0>] put_files_struct.part.0+0x1/0x2\n", sample);
  EXPECT_EQ(sample.stack, (std::vector<std::string>{"fuse_flush", "put_files_struct"}));
  parse_wchan("do_exit.cold", sample);
  EXPECT_EQ(sample.wchan, "do_exit");
}

TEST(ProcSyscall, RunningHasNoNumber) {
  TaskSample sample;
  parse_syscall("running\n", sample);
  EXPECT_EQ(syscall_number(sample), -1);
  parse_syscall("1 0x4 0x7f 0x11000 0x0 0x0 0x0 0x7ffd 0x7f\n", sample);
  EXPECT_EQ(syscall_number(sample), 1);
}

}  // namespace
}  // namespace hangrate
