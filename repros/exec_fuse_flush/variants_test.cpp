// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a kernel has the bug is its own affair; that both variants agree is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("exec_fuse_flush")),
            testing::registered_variants());
}

/// Needs root and /dev/fuse: without, the program says so and nothing is proven.
class Fuse : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"close-first", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no FUSE mounts or stacks here: run as root where /dev/fuse is";
  }
};

TEST_F(Fuse, ALookBeforeTheAnswerHangsBothWaysOrNeither) {
  const int first = run_alone(hang_program_main, {"stack", "--trials", "3"});
  EXPECT_TRUE(first == 0 || first == HANG_EXIT_HIT) << first;
  EXPECT_EQ(run_alone(hang_program_main, {"environ", "--trials", "3"}), first);
}

TEST_F(Fuse, WithoutTheLockOrByAnotherThreadItHangsNobody) {
  EXPECT_EQ(run_alone(hang_program_main, {"status", "--trials", "30"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"thread", "--trials", "30"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"close-first", "--trials", "30"}), 0);
}

class ParkedFuse : public testing::ProgramTrial<Fuse> {
 protected:
  void park(const char* variant) {
    ProgramTrial::park(hang_program_main, variant);
    ASSERT_EQ(slot_.party_count, 1u);
  }
  int server() const { return slot_.parties[0].pid; }
};

class AffectedFuse : public ParkedFuse {
 protected:
  void SetUp() override {
    ParkedFuse::SetUp();
    if (IsSkipped()) return;
    if (run_alone(hang_program_main, {"stack", "--trials", "1"}) != HANG_EXIT_HIT)
      GTEST_SKIP() << "this kernel does not have the bug";
  }
  void hang(const char* variant) {
    park(variant);
    ASSERT_TRUE(comes_true([&] { return hang_state_of(server()) == 'D'; }));
  }
};

TEST_F(AffectedFuse, InvariantIsBrokenUntilTheAbort) {
  hang("stack");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

/// Its wait is killable, and its end closes /dev/fuse: that is an abort.
TEST_F(AffectedFuse, SigkillToTheServerFreesTheProgramToo) {
  hang("environ");
  ASSERT_EQ(::kill(server(), SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(AffectedFuse, StopAndContinueOfTheServerFreesNobody) {
  hang("stack");
  ASSERT_EQ(::kill(server(), SIGSTOP), 0);
  ASSERT_EQ(::kill(server(), SIGCONT), 0);
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_FALSE(worker_.released());
}

/// The program waits at the very same place, and its server can still answer.
TEST_F(ParkedFuse, InvariantHoldsWhileTheServerIsOnlySilent) {
  park("silent");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released(); }));
}

}  // namespace
}  // namespace hangrate
