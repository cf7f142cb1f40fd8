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
  EXPECT_EQ(testing::variants_of(testing::manifest_of("fuse_inval_lookup")),
            testing::registered_variants());
}

/// Needs root and /dev/fuse: without, the program says so and nothing is proven.
class Fuse : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"in-open", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no FUSE mounts here: run as root where /dev/fuse is";
  }
};

TEST_F(Fuse, ANotificationBeforeTheAnswerHangsBothAndAnAbortFreesThem) {
  EXPECT_EQ(run_alone(hang_program_main, {"lookup", "--trials", "3"}), HANG_EXIT_HIT);
  EXPECT_EQ(run_alone(hang_program_main, {"read", "--trials", "3"}), HANG_EXIT_HIT);
}

TEST_F(Fuse, ByAnotherThreadOrInAnOpenItHangsNobody) {
  EXPECT_EQ(run_alone(hang_program_main, {"thread", "--trials", "30"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"in-open", "--trials", "30"}), 0);
}

class ParkedFuse : public testing::ProgramTrial<Fuse> {
 protected:
  void park(const char* variant) {
    ProgramTrial::park(hang_program_main, variant);
    ASSERT_EQ(slot_.party_count, 2u);
  }
  int client() const { return slot_.parties[0].pid; }
  int server() const { return slot_.parties[1].pid; }
};

TEST_F(ParkedFuse, NeitherDiesBySigkillAndTheAbortFreesBoth) {
  park("lookup");
  ASSERT_TRUE(comes_true([&] { return hang_state_of(server()) == 'D'; }));
  ASSERT_EQ(::kill(client(), SIGKILL), 0);
  ASSERT_EQ(::kill(server(), SIGKILL), 0);
  ASSERT_TRUE(comes_true([&] { return hang_state_of(client()) == 'D'; }));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_EQ(hang_state_of(server()), 'D');
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

/// The client sleeps at the very same place, and its server can still answer.
TEST_F(ParkedFuse, InvariantHoldsWhileTheServerIsOnlySilent) {
  park("silent");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released(); }));
}

}  // namespace
}  // namespace hangrate
