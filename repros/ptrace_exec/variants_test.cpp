// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("ptrace_exec")),
            testing::registered_variants());
}

TEST(Alone, AttachingHangsBothAndTheDeathOfTheTracerFreesThem) {
  EXPECT_EQ(run_alone(hang_program_main, {"attach", "--trials", "3"}), HANG_EXIT_HIT);
  EXPECT_EQ(run_alone(hang_program_main, {"seize", "--trials", "3"}), HANG_EXIT_HIT);
}

TEST(Alone, ATracerThatWaitsFirstHangsNobody) {
  EXPECT_EQ(run_alone(hang_program_main, {"reaps", "--trials", "30"}), 0);
}

class Trial : public testing::ProgramTrial<> {
 protected:
  void park(const char* variant) {
    ProgramTrial::park(hang_program_main, variant);
    ASSERT_EQ(slot_.party_count, 2u);
  }
  int tracer() const { return slot_.parties[0].pid; }
  int program() const { return slot_.parties[1].pid; }
};

TEST_F(Trial, InvariantIsBrokenUntilTheTracerIsKilled) {
  park("attach");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(Trial, SigkillToTheProgramFreesBoth) {
  park("attach");
  ASSERT_EQ(::kill(program(), SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

/// The call is made anew: only a signal that kills helps.
TEST_F(Trial, StopAndContinueOfTheTracerFreesNobody) {
  park("seize");
  ASSERT_EQ(::kill(tracer(), SIGSTOP), 0);
  ASSERT_TRUE(comes_true([&] { return hang_state_of(tracer()) == 'T'; }));
  ASSERT_EQ(::kill(tracer(), SIGCONT), 0);
  EXPECT_TRUE(comes_true([&] { return hang_state_of(tracer()) == 'S'; }));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_FALSE(worker_.released());
}

/// The program waits at the very same place, and nothing is wrong.
TEST_F(Trial, InvariantHoldsWhileTheTracerMayStillWait) {
  park("idle");
  EXPECT_TRUE(comes_true([&] { return hang_state_of(program()) == 'D'; }));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
}

}  // namespace
}  // namespace hangrate
