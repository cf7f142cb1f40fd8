// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a waiter spins where the head goes back is the kernel's own affair; that it does not
// where the head stays, or nothing overflows, is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_worker.h"
#include "harness/testing/repro_manifest.h"
#include "harness/testing/worker_process.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::ProgramWorker;
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
  const int first = run_alone(hang_program_main, {"stale-head", "--trials", "1"});
  EXPECT_TRUE(first == 0 || first == HANG_EXIT_HIT) << first;
  EXPECT_EQ(run_alone(hang_program_main, {"stale-head", "--trials", "3"}), first);
}

TEST_F(Ring, AnAnomalySaysWhatItTookAndWhatEndedIt) {
  ProgramWorker worker;
  worker.start(hang_program_main, "stale-head", 20'000'000);
  ASSERT_TRUE(comes_true([&] { return worker.in(HANG_REPORTED) || worker.clean(); }));
  if (!worker.in(HANG_REPORTED)) GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_EQ(worker.slot().outcome, static_cast<std::uint32_t>(HANG_ANOMALY));
  const std::string message = worker.slot().message;
  EXPECT_NE(message.find("took 200 ms of CPU time in the kernel"), message.npos) << message;
  EXPECT_NE(message.find("SIGKILL did not end it"), message.npos) << message;
  EXPECT_NE(message.find("reaping ended it"), message.npos) << message;
}

}  // namespace
}  // namespace hangrate
