// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/load_text.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Row row_with(std::vector<LoadFact> loads) {
  Row row;
  for (const LoadFact& load : loads) row.boots.push_back({.load = load});
  return row;
}

TEST(LoadNote, IsThereWhereBootsRanUnderDifferentLoad) {
  EXPECT_NE(load_note(row_with({{0.1, 0.9, 0}, {2.3, 0.9, 0}})), "");
  EXPECT_NE(load_note(row_with({{0.1, 0.9, 0}, {0.1, 0.9, 0.1}})), "");
}

TEST(LoadNote, IsNotThereWhereTheyDidNotOrNothingIsKnown) {
  EXPECT_EQ(load_note(row_with({{0.1, 0.9, 0}, {0.4, 0.5, 0.01}})), "");
  EXPECT_EQ(load_note(row_with({{2.3, 0.9, 0}})), "");
  EXPECT_EQ(load_note(row_with({{}, {2.3, 0.9, 0}})), "") << "one of two is no difference";
  EXPECT_EQ(load_note(row_with({})), "");
}

TEST(LoadText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(load_text({1.25, 0.981, 0.031}), "1.2 tasks a CPU when it began, 98 % busy, 3 % steal");
  EXPECT_EQ(load_text({-1, 0.5, 0}), "50 % busy");
  EXPECT_EQ(load_text({}), "");
}

}  // namespace
}  // namespace hangrate
