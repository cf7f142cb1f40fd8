// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a waiter spins where the head goes back is the kernel's own affair; that it does not
// where the head stays, or nothing overflows, is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("io_uring_overflow_spin")),
            testing::registered_variants());
}

/// Needs a kernel that grants rings.
class Ring : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"right-head", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no io_uring here";
  }
};

TEST_F(Ring, AWaiterReturnsOrSleepsWhereTheHeadStaysOrNothingOverflows) {
  EXPECT_EQ(run_alone(hang_program_main, {"right-head", "--trials", "30"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"no-overflow", "--trials", "5"}), 0);
}

TEST_F(Ring, AKernelSpinsAlwaysOrNever) {
  testing::expect_always_or_never(hang_program_main, "stale-head", "3");
}

TEST_F(Ring, AnAnomalySaysWhatItTookAndWhatEndedIt) {
  const std::string message = testing::anomaly_of(hang_program_main, "stale-head");
  if (message.empty()) GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_NE(message.find("took 200 ms of CPU time in the kernel"), message.npos) << message;
  EXPECT_NE(message.find("SIGKILL did not end it"), message.npos) << message;
  EXPECT_NE(message.find("reaping ended it"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
