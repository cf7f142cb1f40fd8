// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/param_check.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(ParamCheck, TakesChoicesAndWholeNumbersInRangeAndNothingElse) {
  Param cpu;
  cpu.name = "cpu";
  cpu.choices = {"split", "same"};
  EXPECT_TRUE(check_param(cpu, "same", ""));
  const auto banana = check_param(cpu, "banana", "--param ");
  ASSERT_FALSE(banana);
  EXPECT_EQ(banana.error().kind(), ErrorKind::Usage);
  EXPECT_EQ(banana.error().what(), "--param cpu=banana: not one of split, same");
  Param writers;
  writers.name = "writers";
  writers.min = 2;
  writers.max = 6;
  EXPECT_TRUE(check_param(writers, "2", ""));
  EXPECT_TRUE(check_param(writers, "6", ""));
  for (const char* value : {"", "1", "7", "-3", "3x", " 3", "0x3", "3.0", "nan"}) {
    EXPECT_FALSE(check_param(writers, value, "")) << value;
  }
}

}  // namespace
}  // namespace hangrate
