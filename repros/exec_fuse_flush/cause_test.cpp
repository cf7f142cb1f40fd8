// SPDX-License-Identifier: GPL-2.0-or-later
//
// exec_fuse_flush, from both sides: the traces in which the cause is stated, and those of a server
// that may still answer or waits for something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kProgram = 701;
constexpr int kServer = 702;
constexpr std::int64_t kInit26 = 26;
constexpr std::int64_t kFlush = 25;

/// As it came from 6.18.44, without what does not matter: events 0 to 4.
MadeTrace looked() {
  MadeTrace made;
  made.task(kProgram, "program").task(kServer, "server").task(kWorker, "", 0, "worker");
  made.fuse_send(kWorker, 2, kInit26);
  made.fuse_end(kServer, 2, kInit26);
  made.fuse_send(kProgram, 8, kFlush);
  made[made.sleep(kProgram, TracedCall::None)].stack = {
      "request_wait_answer", "__fuse_simple_request", "fuse_flush",
      "filp_flush",          "do_close_on_exec",      "begin_new_exec"};
  made[made.sleep(kServer, TracedCall::None, 'K')].stack = {"proc_pid_stack", "proc_single_show"};
  return made;
}

TEST(ExplainExecFuseFlush, StatesThatTheServerLooksAtWhoWaitsForIt) {
  const Explanation e = checked_explanation(looked().trace(), {kServer});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "exec_fuse_flush");
  const std::string text = text_of(e);
  EXPECT_THAT(text,
              HasSubstr("program executes, and closes a file: it queued FUSE request 8, FLUSH"));
  EXPECT_THAT(text, HasSubstr("sleeps in proc_pid_stack: it looks into /proc of a program"));
}

TEST(ExplainExecFuseFlush, OfMemoryToo) {
  MadeTrace made = looked();
  made[4].stack = {"mm_access", "proc_mem_open", "environ_open"};
  EXPECT_THAT(cause_names(made.trace(), {kServer}), ElementsAre("exec_fuse_flush"));
}

TEST(ExplainExecFuseFlush, NotAServerThatIsOnlySilent) {
  MadeTrace made = looked();
  made[4].state = 'S';
  made[4].stack = {"fuse_dev_do_read", "fuse_dev_read"};
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

TEST(ExplainExecFuseFlush, NotAServerThatSleepsElsewhere) {
  MadeTrace made = looked();
  made[4].stack = {"folio_wait_bit_common", "filemap_read"};
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

TEST(ExplainExecFuseFlush, NotACloseOutsideOfExec) {
  MadeTrace made = looked();
  made[3].stack = {"request_wait_answer", "fuse_flush", "filp_flush", "__x64_sys_close"};
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

TEST(ExplainExecFuseFlush, NotIfAnotherProgramExecutes) {
  MadeTrace made = looked();
  made.task(777, "other");
  made[made.sleep(777, TracedCall::None, 'K')].stack = {"begin_new_exec", "load_elf_binary"};
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

TEST(ExplainExecFuseFlush, NotIfAnotherThreadOfTheServerMayAnswer) {
  MadeTrace made = looked();
  made.task(kServer + 1, "", kServer);
  made.sleep(kServer + 1, TracedCall::None);
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

TEST(ExplainExecFuseFlush, NotAnAnsweredRequest) {
  MadeTrace made = looked();
  made.fuse_end(kServer, 8, kFlush);
  EXPECT_THAT(cause_names(made.trace(), {kServer}), IsEmpty());
}

}  // namespace
}  // namespace hangrate
