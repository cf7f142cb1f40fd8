// SPDX-License-Identifier: GPL-2.0-or-later
//
// It must never freeze a machine that nobody offered. What it does to one that was is measured in
// guests (README.md).
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("pidns_reaper_freeze")),
            testing::registered_variants());
}

TEST(Variants, SkipUnlessTheMachineIsOffered) {
  for (const char* variant : {"waits", "reaps", "pauses"}) {
    EXPECT_EQ(run_alone(hang_program_main, {variant, "--trials", "1"}), HANG_EXIT_SKIP) << variant;
    EXPECT_EQ(run_alone(hang_program_main, {variant, "machine=keep", "--trials", "1"}),
              HANG_EXIT_SKIP)
        << variant;
  }
}

}  // namespace
}  // namespace hangrate
