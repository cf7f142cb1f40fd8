// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("pipe_resize_stall")),
            testing::registered_variants());
}

TEST(Alone, ANumberOfWritersThatCannotBeIsASkip) {
  for (const char* writers : {"writers=1", "writers=7"}) {
    EXPECT_EQ(testing::run_alone(hang_program_main, {"multi-writer", writers}), HANG_EXIT_SKIP);
  }
  EXPECT_EQ(testing::run_alone(hang_program_main, {"multi-writer", "writers=x"}), HANG_EXIT_USAGE);
}

}  // namespace
}  // namespace hangrate
