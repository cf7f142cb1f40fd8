// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether the read spins is the kernel's own affair; that a fault from user mode, ordinary memory
// and a cgroup with room do not is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("droppable_fault_loop")),
            testing::registered_variants());
}

/// Needs v6.11, root, and the memory controller in cgroup v2.
class Droppable : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"room", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no MAP_DROPPABLE or no memory controller in cgroup v2 here";
  }
};

TEST_F(Droppable, FaultsFromUserModeOrdinaryMemoryAndRoomAllEnd) {
  EXPECT_EQ(run_alone(hang_program_main, {"touch", "--trials", "10"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"ordinary", "--trials", "10"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"room", "--trials", "10"}), 0);
}

TEST_F(Droppable, AKernelSpinsAlwaysOrNever) {
  testing::expect_always_or_never(hang_program_main, "droppable", "3");
}

TEST_F(Droppable, AnAnomalySaysWhatItTookAndWhatEndedIt) {
  const std::string message = testing::anomaly_of(hang_program_main, "droppable");
  if (message.empty()) GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_NE(message.find("took 200 ms of CPU time in the kernel"), message.npos) << message;
  EXPECT_NE(message.find("SIGKILL did not end it"), message.npos) << message;
  EXPECT_NE(message.find("more room ended it"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
