// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a kernel has the bug is its own affair; that the order alone decides is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("io_uring_second_waiter")),
            testing::registered_variants());
}

/// Needs a kernel that grants rings.
class Ring : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"alike", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no io_uring here";
  }
};

TEST_F(Ring, WaitersInTheOtherOrderOrAlikeAreAllWoken) {
  EXPECT_EQ(run_alone(hang_program_main, {"turned", "--trials", "100"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"alike", "--trials", "100"}), 0);
}

TEST_F(Ring, AKernelHidesTheSecondAlwaysOrNever) {
  testing::expect_always_or_never(hang_program_main, "hidden", "20");
}

using ParkedRing = testing::ProgramTrial<Ring>;

TEST_F(ParkedRing, InvariantIsBrokenUntilEnoughIsThereForBoth) {
  if (run_alone(hang_program_main, {"hidden", "--trials", "1"}) != HANG_EXIT_HIT)
    GTEST_SKIP() << "this kernel does not have the bug";
  park(hang_program_main, "hidden");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

/// It sleeps at the very same place, and has not enough.
TEST_F(ParkedRing, InvariantHoldsWhileTooFewAreThere) {
  park(hang_program_main, "too-few");
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

}  // namespace
}  // namespace hangrate
