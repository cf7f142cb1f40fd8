// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"
#include "repros/kit/life.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("fuse_lookup_self")),
            testing::registered_variants());
}

/// Needs root and /dev/fuse: without, the program says so and nothing is proven.
class Fuse : public testing::ProgramTrial<::testing::TestWithParam<const char*>> {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"answered", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no FUSE mounts here: run as root where /dev/fuse is";
  }
};

TEST_P(Fuse, AKilledDaemonThatWaitsForItselfHangsUntilTheAbort) {
  park(hang_program_main, GetParam());
  const int daemon = slot_.parties[0].pid;
  ASSERT_TRUE(comes_true([&] { return hang_threads_of(daemon) == 1; }));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_EQ(hang_life_of(daemon), HANG_KILLED) << "its exit has not begun";
  ASSERT_EQ(::kill(daemon, SIGKILL), 0);
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

INSTANTIATE_TEST_SUITE_P(Waiting, Fuse, ::testing::Values("lookup", "read"),
                         [](const auto& param) { return std::string(param.param); });

TEST_F(Fuse, OneThatWaitsForNothingDies) {
  EXPECT_EQ(run_alone(hang_program_main, {"answered", "--trials", "50"}), 0);
}

}  // namespace
}  // namespace hangrate
