// SPDX-License-Identifier: GPL-2.0-or-later
//
// Passes on kernels with and without the bug: a trial may hang or not, but nothing may be left.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("overlay_fuse_flush")),
            testing::registered_variants());
}

/// Needs root, /dev/fuse and overlayfs: without, the program says so and nothing is proven.
class Overlay : public testing::ProgramTrial<::testing::Test> {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"no-flush", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no FUSE or no overlay mounts here";
  }
};

TEST_F(Overlay, ADaemonBelowIsExitingWhileItsFlushWaits) {
  worker_.start(hang_program_main, "self-held", 20'000'000);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_PARKED) || worker_.clean(); }));
  if (!worker_.in(HANG_PARKED)) GTEST_SKIP() << "no flush waits at exit on this kernel";
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(Overlay, WithoutAFlushTheDaemonDies) {
  EXPECT_EQ(run_alone(hang_program_main, {"no-flush", "--trials", "50"}), 0);
}

}  // namespace
}  // namespace hangrate
