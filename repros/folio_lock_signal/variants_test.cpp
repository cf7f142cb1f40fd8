// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a kernel has the bug is its own affair; that nobody hangs without the signal, and nobody
// who comes after it, is everybody's.
#include <gtest/gtest.h>

#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::run_alone;

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  EXPECT_EQ(testing::variants_of(testing::manifest_of("folio_lock_signal")),
            testing::registered_variants());
}

/// Needs root, /dev/fuse, SCHED_FIFO and two CPUs: without, the program says so and nothing is
/// proven.
class Fuse : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_alone(hang_program_main, {"late", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no FUSE mounts, real-time policy or second CPU here";
  }
};

TEST_F(Fuse, NobodyHangsWithoutTheSignalOrAfterIt) {
  EXPECT_EQ(run_alone(hang_program_main, {"no-signal", "--trials", "30"}), 0);
  EXPECT_EQ(run_alone(hang_program_main, {"late", "--trials", "30"}), 0);
}

TEST_F(Fuse, AKilledFirstHangsTheSecondOrNot) {
  const int exit = run_alone(hang_program_main, {"readers", "--trials", "20"});
  EXPECT_TRUE(exit == 0 || exit == HANG_EXIT_HIT) << exit;
}

using ParkedFuse = testing::ProgramTrial<Fuse>;

/// It sleeps at the very same place, and its page is not there.
TEST_F(ParkedFuse, InvariantHoldsWhileThePageIsNotThere) {
  park(hang_program_main, "silent");
  ASSERT_EQ(slot_.party_count, 1u);
  const int second = slot_.parties[0].pid;
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_HOLDS) << slot_.invariant_text;
  order(HANG_LEVER);
  EXPECT_EQ(slot_.lever_pulled, 0u) << "the page is locked";
  EXPECT_FALSE(worker_.released());
  ASSERT_EQ(::kill(second, SIGKILL), 0);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_F(Fuse, InvariantIsBrokenUntilSomebodyLocksThePage) {
  if (run_alone(hang_program_main, {"readers", "--trials", "20"}) != HANG_EXIT_HIT)
    GTEST_SKIP() << "this kernel does not have the bug";
  for (std::uint64_t attempt = 0; attempt < 100; ++attempt) {
    testing::ProgramWorker worker;
    worker.slot().seed = attempt;  // and so when it kills
    worker.start(hang_program_main, "readers", 200'000'000);
    ASSERT_TRUE(comes_true([&] { return worker.in(HANG_PARKED) || worker.clean(); }));
    if (!worker.in(HANG_PARKED)) continue;
    worker.order(HANG_CHECK);
    ASSERT_TRUE(comes_true([&] { return worker.answered(); }));
    if (worker.released()) continue;
    EXPECT_EQ(worker.slot().invariant, HANG_BROKEN) << worker.slot().invariant_text;
    worker.order(HANG_LEVER);
    EXPECT_TRUE(comes_true([&] { return worker.released() && worker.clean(); }));
    return;
  }
  FAIL() << "100 trials without a hit";
}

}  // namespace
}  // namespace hangrate
