// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/row_plan.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Row row_of(std::size_t cells) {
  Row row;
  for (std::size_t i = 0; i < cells; ++i) row.cells.emplace_back(CellSpec{});
  return row;
}

/// A plan of cells alpha/0, alpha/1, ... of 30 trials over three boots each.
class Row {
 public:
  explicit Row(std::size_t cells = 1) {
    for (std::size_t i = 0; i < cells; ++i) {
      planned_.push_back({"alpha", std::to_string(i), 30, 3});
    }
    plan_.emplace(kernel_, planned_, row_of(cells));
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  RowPlan& operator*() { return *plan_; }
  RowPlan* operator->() { return &*plan_; }
  /// The boot makes what it was asked for.
  void boots_well() {
    std::uint64_t records = 0;
    for (const BootOrder& boot : plan_->next_boot(false)) {
      record(boot.cell, boot.order.trials.first, boot.order.trials.count);
      ++records;
    }
    plan_->boot_ended(BootEnd::Finished, records);
  }
  void record(std::size_t cell, std::uint64_t first, std::uint64_t count) {
    plan_->cells()[cell].result.apply(BatchRecord{.first = first, .count = count});
  }
  void skip(std::size_t cell) {
    plan_->cells()[cell].result.apply(SkipRecord{.reason = "no such device"});
    plan_->cells()[cell].result.apply(CellEndRecord{.reason = EndReason::Skipped});
  }

 private:
  MatrixKernel kernel_;
  std::vector<MatrixCell> planned_;
  std::optional<RowPlan> plan_;
};

TEST(RowPlan, TheTrialsOfItsKernelCount) {
  MatrixKernel kernel;
  kernel.trials["beta"] = 6;
  RowPlan plan(kernel, {{"alpha", "0", 30, 3}, {"beta", "0", 30, 3}}, row_of(2));
  const auto boot = plan.next_boot(false);
  ASSERT_EQ(boot.size(), 2u);
  EXPECT_EQ(boot[0].trials, 10u);
  EXPECT_EQ(boot[1].trials, 2u);
}

TEST(RowPlan, TrialsAreSpreadOverTheBoots) {
  Row row;
  for (const std::uint64_t first : {0u, 10u, 20u}) {
    EXPECT_FALSE(row->done());
    const auto boot = row->next_boot(false);
    ASSERT_EQ(boot.size(), 1u);
    EXPECT_EQ(boot[0].order.trials, (IndexRange{first, 10}));
    row.boots_well();
  }
  EXPECT_TRUE(row->done());
  EXPECT_FALSE(row->gave_up());
}

TEST(RowPlan, ThisMachineHasOneBootUnlessMoreAreAskedFor) {
  Row row;
  EXPECT_EQ(row->next_boot(true).at(0).trials, 30u);
}

TEST(RowPlan, AfterALostMachineTheNextBootGoesOnBehindTheLastIndex) {
  Row row;
  row->next_boot(false);
  row.record(0, 0, 4);
  row.record(0, 6, 1);
  row->lost(0);
  row->boot_ended(BootEnd::Died, 2);
  EXPECT_FALSE(row->done());
  const auto boot = row->next_boot(false);
  ASSERT_EQ(boot.size(), 1u);
  EXPECT_EQ(boot[0].order.trials, (IndexRange{7, 5})) << "what is left of the first share";
}

TEST(RowPlan, ACellThatTakesTwoMachinesWithItIsLeftAlone) {
  Row row(2);
  for (int i = 0; i < kMostDeathsOfCell; ++i) {
    row->lost(0);
    row->boot_ended(BootEnd::Died, 1);
  }
  const auto boot = row->next_boot(false);
  ASSERT_EQ(boot.size(), 1u);
  EXPECT_EQ(boot[0].cell, 1u);
}

TEST(RowPlan, ASkippedCellIsNotTriedAgain) {
  Row row(2);
  row.skip(0);
  row->boot_ended(BootEnd::Finished, 2);
  const auto boot = row->next_boot(false);
  ASSERT_EQ(boot.size(), 1u);
  EXPECT_EQ(boot[0].cell, 1u);
}

TEST(RowPlan, ARowWhoseEveryCellIsSkippedIsDone) {
  Row row;
  row.skip(0);
  row->boot_ended(BootEnd::Finished, 2);
  EXPECT_TRUE(row->done());
  EXPECT_FALSE(row->gave_up());
}

TEST(RowPlan, BootsThatBringNothingEndTheRow) {
  for (const BootEnd end : {BootEnd::Finished, BootEnd::NoHello, BootEnd::Corrupt}) {
    Row row;
    for (int i = 0; i < kMostBadBoots; ++i) {
      EXPECT_FALSE(row->done());
      row->boot_ended(end, 0);
    }
    EXPECT_TRUE(row->done()) << end_name(end);
    EXPECT_TRUE(row->gave_up()) << end_name(end);
  }
}

TEST(RowPlan, AGoodBootForgivesThoseBeforeIt) {
  Row row;
  row->boot_ended(BootEnd::Died, 0);
  row->boot_ended(BootEnd::Died, 0);
  row.boots_well();
  row->boot_ended(BootEnd::Died, 0);
  EXPECT_FALSE(row->done());
}

TEST(RowPlan, AnInterruptedRowIsNotGoneOnWithNow) {
  Row row;
  row->boot_ended(BootEnd::Interrupted, 5);
  EXPECT_TRUE(row->done());
  EXPECT_FALSE(row->gave_up());
}

}  // namespace
}  // namespace hangrate
