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
  EXPECT_EQ(testing::variants_of(testing::manifest_of("splice_pipe_lock")),
            testing::registered_variants());
}

TEST(Alone, WhoeverTouchesThePipeHangsAndIsFreedByAByte) {
  for (const char* variant : {"read", "size", "open", "close", "exit"}) {
    EXPECT_EQ(run_alone(hang_program_main, {variant, "--trials", "2"}), HANG_EXIT_HIT) << variant;
  }
}

TEST(Alone, NobodyHangsWhenTheSplicerDoesNotWait) {
  for (const char* variant : {"with-data", "nonblock"}) {
    EXPECT_EQ(run_alone(hang_program_main, {variant, "--trials", "50"}), 0) << variant;
  }
}

class Parked : public testing::ProgramTrial<::testing::TestWithParam<const char*>> {
 protected:
  void SetUp() override {
    park(hang_program_main, GetParam());
    ASSERT_EQ(slot_.party_count, 2u);
    ASSERT_TRUE(comes_true([&] { return hang_state_of(victim()) == 'D'; }));
  }
  int victim() const { return slot_.parties[0].pid; }
};

TEST_P(Parked, InvariantIsBrokenUntilTheLeverFreesTheVictim) {
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_EQ(slot_.lever_pulled, 1u);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

/// What users meet: kill -9 does not help.
TEST_P(Parked, SigkillLeavesTheVictimInStateD) {
  ASSERT_EQ(::kill(victim(), SIGKILL), 0);
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_EQ(hang_state_of(victim()), 'D');
  EXPECT_FALSE(worker_.released());
  order(HANG_LEVER);  // lets it die
  EXPECT_TRUE(comes_true([&] { return hang_state_of(victim()) != 'D'; }));
}

INSTANTIATE_TEST_SUITE_P(Touching, Parked, ::testing::Values("read", "size", "open", "close"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace hangrate
