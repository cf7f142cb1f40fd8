// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether SIGKILL ends the mount is the kernel's own affair; that an answer or an asynchronous INIT
// does, and nothing else where nobody is killed, is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("fuse_init_server_dies")),
            testing::registered_variants());
}

TEST(Async, AServerThatDiesHangsNobody) {
  if (run_alone(hang_program_main, {"async", "--trials", "1"}) == HANG_EXIT_SKIP)
    GTEST_SKIP() << "no FUSE mounts here: run as root where /dev/fuse is";
  EXPECT_EQ(run_alone(hang_program_main, {"async", "--trials", "30"}), 0);
}

/// Needs root, /dev/fuse and v6.18: without, the program says so and nothing is proven.
class SyncInit : public testing::ProgramTrial<> {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"answers", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no synchronous INIT here: run as root on v6.18 or later";
  }
  void expect_broken_until_the_abort() {
    order(HANG_CHECK);
    EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
    order(HANG_LEVER);
    EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
  }
};

TEST_F(SyncInit, AnAnswerBeforeTheDeathIsEnough) {
  EXPECT_EQ(run_alone(hang_program_main, {"answers", "--trials", "30"}), 0);
}

TEST_F(SyncInit, WhoMountsWaitsForADeadServerUntilTheAbort) {
  park(hang_program_main, "waits");
  expect_broken_until_the_abort();
}

TEST_F(SyncInit, AKernelLetsBothDieOfSigkillOrNeither) {
  const int first = run_alone(hang_program_main, {"thread", "--trials", "3"});
  EXPECT_TRUE(first == 0 || first == HANG_EXIT_HIT) << first;
  EXPECT_EQ(run_alone(hang_program_main, {"killed", "--trials", "3"}), first);
}

TEST_F(SyncInit, SigkillFreesWhoMountsWhereThreadsDieOfIt) {
  if (run_alone(hang_program_main, {"thread", "--trials", "1"}) != 0)
    GTEST_SKIP() << "this kernel has the bug";
  park(hang_program_main, "waits");
  ASSERT_EQ(::kill(slot_.parties[0].pid, SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(SyncInit, SigkillLeavesAThreadThatTheAbortFrees) {
  if (run_alone(hang_program_main, {"thread", "--trials", "1"}) != HANG_EXIT_HIT)
    GTEST_SKIP() << "this kernel does not have the bug";
  park(hang_program_main, "thread");
  ASSERT_EQ(::kill(slot_.parties[0].pid, SIGKILL), 0);
  expect_broken_until_the_abort();
}

}  // namespace
}  // namespace hangrate
