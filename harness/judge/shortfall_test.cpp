// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/shortfall.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Shortfall after(std::uint64_t planned, std::uint64_t made, const std::string& reason) {
  CellSpec spec;
  spec.trials = planned;
  CellResult result(spec);
  if (made > 0) result.apply(BatchRecord{.first = 0, .count = made});
  if (!reason.empty()) result.apply(CellEndRecord{.reason = reason});
  return shortfall_of(spec, result);
}

TEST(Shortfall, IsCutShortWithoutItsTrialsAndWithoutAnEndThatWasAskedFor) {
  EXPECT_EQ(after(50, 13, ""), Shortfall::Cut);
  EXPECT_EQ(after(50, 0, ""), Shortfall::Cut);
  EXPECT_EQ(after(50, 13, "interrupted"), Shortfall::Cut);
  EXPECT_EQ(after(50, 17, "trials"), Shortfall::Cut) << "the share of one boot of three";
  EXPECT_EQ(after(0, 13, ""), Shortfall::Cut) << "until hits, and killed before";
  EXPECT_EQ(after(50, 13, "infra"), Shortfall::GaveUp);
}

TEST(Shortfall, IsCompleteWithItsTrialsOrWithAnEndThatWasAskedFor) {
  EXPECT_EQ(after(50, 50, ""), Shortfall::None);
  EXPECT_EQ(after(50, 50, "interrupted"), Shortfall::None);
  EXPECT_EQ(after(50, 51, "trials"), Shortfall::None);
  for (const char* reason : {"hits", "excluded", "budget"}) {
    EXPECT_EQ(after(50, 13, reason), Shortfall::None) << reason;
    EXPECT_EQ(after(0, 13, reason), Shortfall::None) << reason;
  }
  CellSpec spec;
  spec.trials = 50;
  CellResult result(spec);
  result.apply(SkipRecord{0, "no /dev/fuse"});
  EXPECT_EQ(shortfall_of(spec, result), Shortfall::None);
  result.apply(BatchRecord{.first = 0, .count = 1});
  EXPECT_EQ(shortfall_of(spec, result), Shortfall::Cut) << "another worker could";
}

TEST(Shortfall, ASearchAloneIsNoMeasurement) {
  CellSpec spec;
  spec.search = 100;
  spec.trials = 50;
  CellResult result(spec);
  result.apply(BatchRecord{.first = 0, .count = 100});
  EXPECT_EQ(shortfall_of(spec, result), Shortfall::Cut);
  result.apply(BatchRecord{.first = 100, .count = 50});
  EXPECT_EQ(shortfall_of(spec, result), Shortfall::None);
}

}  // namespace
}  // namespace hangrate
