// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which variants a kernel kills is its own affair; that equal counts never kill is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/repro_manifest.h"
#include "harness/testing/sure_bug.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("cgroup_kill_at_birth")),
            testing::registered_variants());
}

/// Needs root and a kernel with cgroup.kill.
class Cgroups : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"kills-0-0", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no cgroup v2 with cgroup.kill here: run as root on v5.14 or later";
  }
};

TEST_F(Cgroups, AChildLivesWhereTheCountsAreEqual) {
  EXPECT_EQ(run_alone(hang_program_main, {"kills-0-0", "--trials", "50"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"kills-1-1", "--trials", "50"}), 0);
}

/// A kernel has the bug in all four or in none.
TEST_F(Cgroups, AllDifferencesAreTreatedAlike) {
  const int first = run_alone(hang_program_main, {"kills-0-1", "--trials", "5"});
  EXPECT_TRUE(first == 0 || first == HANG_EXIT_HIT) << first;
  for (const char* variant : {"kills-0-2", "kills-1-0", "kills-1-2"}) {
    EXPECT_EQ(run_alone(hang_program_main, {variant, "--trials", "5"}), first) << variant;
  }
}

TEST_F(Cgroups, AnAnomalySaysHowOftenEachWasKilled) {
  const std::string message = testing::anomaly_of(hang_program_main, "kills-1-2");
  if (message.empty()) GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_NE(message.find("was killed 1 times, its own 2 times"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
