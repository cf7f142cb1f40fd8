// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a kernel has the bug is its own affair; that the controls freeze is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("cgroup_freeze_reaper")),
            testing::registered_variants());
}

/// Needs root and a kernel with cgroup.freeze.
class Cgroups : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"pauses", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no cgroup v2 with cgroup.freeze here: run as root on v5.2 or later";
  }
};

TEST_F(Cgroups, WithoutAWaitingInitTheyFreeze) {
  EXPECT_EQ(run_alone(hang_program_main, {"reaps", "--trials", "20"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"pauses", "--trials", "20"}), 0);
}

class ParkedCgroups : public testing::ProgramTrial<Cgroups> {
 protected:
  void park(const char* variant) {
    ProgramTrial::park(hang_program_main, variant);
    ASSERT_EQ(slot_.party_count, 1u);
  }
  int freezer() const { return slot_.parties[0].pid; }
};

/// The freezer sleeps at the very same place, and nobody has asked for what it waits for.
TEST_F(ParkedCgroups, InvariantHoldsWhereNobodyAsked) {
  park("unasked");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  EXPECT_NE(std::string(slot_.invariant_text).find("is not to freeze, 1 in it live"),
            std::string::npos)
      << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

class AffectedCgroups : public ParkedCgroups {
 protected:
  void SetUp() override {
    ParkedCgroups::SetUp();
    if (IsSkipped()) return;
    const int ended = run_alone(hang_program_main, {"waits", "--trials", "3"});
    if (ended == 0) GTEST_SKIP() << "this kernel does not have the bug";
    ASSERT_EQ(ended, HANG_EXIT_HIT);
    park("waits");
    ASSERT_TRUE(comes_true([&] { return hang_state_of(freezer()) == 'S'; }));
  }
};

TEST_F(AffectedCgroups, InvariantIsBrokenUntilTheMemberIsReaped) {
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(AffectedCgroups, StopAndContinueOfTheFreezerFreesNobody) {
  ASSERT_EQ(::kill(freezer(), SIGSTOP), 0);
  ASSERT_EQ(::kill(freezer(), SIGCONT), 0);
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_FALSE(worker_.released());
}

}  // namespace
}  // namespace hangrate
