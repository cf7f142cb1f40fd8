// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/text_grid.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(TextGrid, NumbersStandToTheRightAndWordsToTheLeft) {
  EXPECT_EQ(aligned({{"name", "n"}, {"a", "100"}}, {false, true}), "name    n\na     100\n");
}

/// A matrix without a cell has one column, and its rows say that they have no results.
TEST(TextGrid, ARowMayHaveMoreThanTheColumnsThatWereSaid) {
  EXPECT_EQ(aligned({{"kernel"}, {"Debian", "no results"}}, {false}),
            "kernel\nDebian  no results\n");
}

}  // namespace
}  // namespace hangrate
