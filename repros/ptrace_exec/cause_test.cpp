// SPDX-License-Identifier: GPL-2.0-or-later
//
// ptrace_exec, from both sides: the traces in which the cause is stated, and those of a tracer that
// may still wait for the dead thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/explanation_check.h"

namespace hangrate {
namespace {

using namespace hangrate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kProgram = 601;
constexpr int kThread = 602;
constexpr int kTracer = 603;

/// As it came from 6.18.44, without what does not matter: events 0 to 3.
MadeTrace attached() {
  MadeTrace made;
  made.task(kProgram, "program").task(kThread, "", kProgram).task(kTracer, "tracer");
  made[made.sleep(kProgram, TracedCall::None, 'K')].stack = {"begin_new_exec", "load_elf_binary"};
  made.exit(kThread);
  made.signal(kThread, kTracer, 17);
  made[made.sleep(kTracer, TracedCall::None)].stack = {"ptrace_attach", "__x64_sys_ptrace"};
  return made;
}

TEST(ExplainPtraceExec, StatesThatEachWaitsForTheOther) {
  const Explanation e = checked_explanation(attached().trace(), {kTracer, kProgram});
  ASSERT_EQ(e.causes.size(), 1u);
  EXPECT_EQ(e.causes[0].name, "ptrace_exec");
  const std::string text = text_of(e);
  EXPECT_THAT(text, HasSubstr("program executes: it sleeps in begin_new_exec until its other"));
  EXPECT_THAT(text, HasSubstr("thread 602 of it exits and tells tracer"));
  EXPECT_THAT(text, HasSubstr("tracer sleeps in ptrace_attach instead"));
}

TEST(ExplainPtraceExec, NotATracerThatSleepsElsewhere) {
  MadeTrace made = attached();
  made[3].stack = {"do_wait", "kernel_wait4"};
  EXPECT_THAT(cause_names(made.trace(), {kProgram}), IsEmpty());
}

TEST(ExplainPtraceExec, NotIfAnotherThreadOfTheTracerMayWait) {
  MadeTrace made = attached();
  made.task(kTracer + 1, "", kTracer);
  made.sleep(kTracer + 1, TracedCall::None);
  EXPECT_THAT(cause_names(made.trace(), {kProgram}), IsEmpty());
}

TEST(ExplainPtraceExec, NotAThreadThatNobodyTraces) {
  MadeTrace made = attached();
  made[2].number = 10;
  EXPECT_THAT(cause_names(made.trace(), {kProgram}), IsEmpty());
}

TEST(ExplainPtraceExec, NotAnotherProgramsExec) {
  MadeTrace made = attached();
  made.task(777, "other");
  made[made.sleep(777, TracedCall::None, 'K')].stack = {"begin_new_exec", "load_elf_binary"};
  EXPECT_THAT(cause_names(made.trace(), {kProgram}), IsEmpty());
}

TEST(ExplainPtraceExec, NotAProgramThatWasWoken) {
  MadeTrace made = attached();
  made.wake(kTracer, kProgram);
  EXPECT_THAT(cause_names(made.trace(), {kProgram}), IsEmpty());
}

}  // namespace
}  // namespace hangrate
