// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/boot_budget.h"

#include <gtest/gtest.h>

#include "harness/matrix/matrix_file.h"

namespace hangrate {
namespace {

constexpr CellLoad kThousand{.trials = 1000, .longest_trial = 120 * kSecond};

TEST(BootBudget, GrowsWithTheTrialsAndIsLongerWithoutVirtualization) {
  const BootBudget one = budget_for({}, {kThousand}, "kvm");
  const BootBudget two = budget_for({}, {kThousand, kThousand}, "kvm");
  EXPECT_GT(two.wall, one.wall);
  EXPECT_GT(two.bytes, one.bytes);
  EXPECT_GT(two.lines, one.lines);
  EXPECT_EQ(two.cells.size(), 2u);
  EXPECT_GT(budget_for({}, {kThousand}, "tcg").wall, one.wall);
}

TEST(BootBudget, HasRoomForTheWorstThatWasEverSeen) {
  const BootBudget budget = budget_for({}, {{.trials = 60, .longest_trial = 0}}, "tcg");
  EXPECT_GT(budget.cells[0], 1'327'269u) << "60 hits of fuse_flush_exit";
  const BootBudget few = budget_for({}, {{.trials = 4, .longest_trial = 0}}, "tcg");
  EXPECT_GT(few.cells[0], 2 * 4 * 264'993u) << "hits of pipeline_resize on a busy host";
}

TEST(BootBudget, StillEndsAGuestThatSendsForEver) {
  const BootBudget budget = budget_for({}, {kThousand}, "tcg");
  EXPECT_LT(budget.bytes, 300u << 20);
}

TEST(BootBudget, ATrialOfACommandMayTakeItsTimeLimitAndOneOfAReproducerNot) {
  Manifest manifest;
  manifest.variants = {{.name = "v", .healthy_until_ms = 1000}};
  manifest.time_limit_s = 60;
  const Nanos reproducer = budget_for({}, {load_of(manifest, "v", 100)}, "kvm").wall;
  manifest.exec = {"x"};
  const Nanos command = budget_for({}, {load_of(manifest, "v", 100)}, "kvm").wall;
  EXPECT_LT(reproducer, 1000 * kSecond);
  EXPECT_GT(command, 100 * 60 * kSecond);
}

TEST(BootBudget, IsWhatThePlanSaysWhereItSaysSo) {
  MatrixKernel kernel;
  kernel.boot_limit_s = 7;
  kernel.boot_mib = 3;
  const BootBudget budget = budget_for(kernel, {kThousand}, "tcg");
  EXPECT_EQ(budget.wall, 7 * kSecond);
  EXPECT_EQ(budget.bytes, 3u << 20);
  EXPECT_EQ(budget.console, 3u << 20);
}

TEST(BootBudget, OfTheMostTrialsThereCanBeIsStillANumber) {
  const CellLoad most{.trials = kMostMatrixTrials, .longest_trial = 120 * kSecond};
  const BootBudget budget = budget_for({}, std::vector<CellLoad>(100, most), "tcg");
  EXPECT_GT(budget.wall, 0);
  EXPECT_LT(budget.wall, Nanos{32} * 24 * 3600 * kSecond);
}

}  // namespace
}  // namespace hangrate
