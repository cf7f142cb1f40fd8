// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/shortfall.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Shortfall after(std::uint64_t planned, std::uint64_t made, EndReason reason) {
  CellSpec spec;
  spec.trials = planned;
  CellResult result(spec);
  if (made > 0) result.apply(BatchRecord{.first = 0, .count = made});
  if (reason != EndReason::None) result.apply(CellEndRecord{.reason = reason});
  return shortfall_of(spec, result);
}

TEST(Shortfall, IsCutShortWithoutItsTrialsAndWithoutAnEndThatWasAskedFor) {
  EXPECT_EQ(after(50, 13, EndReason::None), Shortfall::Cut);
  EXPECT_EQ(after(50, 0, EndReason::None), Shortfall::Cut);
  EXPECT_EQ(after(50, 13, EndReason::Interrupted), Shortfall::Cut);
  EXPECT_EQ(after(50, 17, EndReason::Trials), Shortfall::Cut) << "the share of one boot of three";
  EXPECT_EQ(after(0, 13, EndReason::None), Shortfall::Cut) << "until hits, and killed before";
  EXPECT_EQ(after(50, 13, EndReason::Infra), Shortfall::GaveUp);
}

TEST(Shortfall, IsCompleteWithItsTrialsOrWithAnEndThatWasAskedFor) {
  EXPECT_EQ(after(50, 50, EndReason::None), Shortfall::None);
  EXPECT_EQ(after(50, 50, EndReason::Interrupted), Shortfall::None);
  EXPECT_EQ(after(50, 51, EndReason::Trials), Shortfall::None);
  for (const EndReason reason : {EndReason::Hits, EndReason::Excluded, EndReason::Budget}) {
    EXPECT_EQ(after(50, 13, reason), Shortfall::None) << end_name(reason);
    EXPECT_EQ(after(0, 13, reason), Shortfall::None) << end_name(reason);
  }
  EXPECT_EQ(after(0, 13, EndReason::Trials), Shortfall::None)
      << "until a rate is excluded, and hit";
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

TEST(Shortfall, CountsWhatHasNoRecordAndNeverLessThanNone) {
  CellSpec spec;
  spec.search = 100;
  CellResult result(spec);
  result.apply(BatchRecord{.first = 0, .count = 130});
  EXPECT_EQ(missing_trials(50, result), 20u) << "those of the search do not count";
  EXPECT_EQ(missing_trials(30, result), 0u);
  EXPECT_EQ(missing_trials(7, result), 0u) << "more than were planned";
}

TEST(Shortfall, AFinishedCellIsNotGoneOnWithAndACutOneIs) {
  CellSpec spec;
  spec.trials = 50;
  const auto ended = [&](std::uint64_t made, EndReason reason) {
    CellResult result(spec);
    if (made > 0) result.apply(BatchRecord{.first = 0, .count = made});
    if (reason != EndReason::None) result.apply(CellEndRecord{.reason = reason});
    return finished(spec, result);
  };
  EXPECT_TRUE(ended(50, EndReason::None));
  for (const EndReason reason :
       {EndReason::Trials, EndReason::Hits, EndReason::Excluded, EndReason::Budget}) {
    EXPECT_TRUE(ended(13, reason)) << end_name(reason);
  }
  for (const EndReason reason :
       {EndReason::None, EndReason::Skipped, EndReason::Infra, EndReason::Interrupted}) {
    EXPECT_FALSE(ended(13, reason)) << end_name(reason);
    EXPECT_EQ(hopeless(reason), reason == EndReason::Skipped || reason == EndReason::Infra);
  }
}

}  // namespace
}  // namespace hangrate
