// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a held page makes the call spin is the kernel's own affair; that it moves what nobody
// holds, and what it need not split, is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("uffd_move_livelock")),
            testing::registered_variants());
}

/// Needs v6.8 and huge pages.
class Uffd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"drained", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no UFFDIO_MOVE or no huge pages here";
  }
};

TEST_F(Uffd, WhatNobodyHoldsOrNeedNotBeSplitIsMoved) {
  EXPECT_EQ(run_alone(hang_program_main, {"drained", "--trials", "20"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"whole", "--trials", "20"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"small", "--trials", "20"}), 0);
}

TEST_F(Uffd, AKernelSpinsAlwaysOrNever) {
  testing::expect_always_or_never(hang_program_main, "pinned", "3");
}

TEST_F(Uffd, AnAnomalySaysWhatItTookAndWhatEndedIt) {
  const std::string message = testing::anomaly_of(hang_program_main, "pinned");
  if (message.empty()) GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_NE(message.find("took 200 ms of CPU time in the kernel"), message.npos) << message;
  EXPECT_NE(message.find("ended it"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
