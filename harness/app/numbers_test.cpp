// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/numbers.h"

#include <CLI/CLI.hpp>

#include <gtest/gtest.h>

#include "harness/app/run_options.h"

namespace hangrate {
namespace {

bool takes(const CLI::Validator& check, const std::string& text) {
  return check(text).empty();
}

TEST(Numbers, AWholeNumberIsDigitsInRange) {
  for (const char* text : {"1", "7", "10", "007"}) {
    EXPECT_TRUE(takes(whole_number(1, 10), text)) << text;
  }
  for (const char* text : {"", "0", "11", "-1", "+1", " 1", "1 ", "0x1", "1e0", "1.0", "nan"}) {
    EXPECT_FALSE(takes(whole_number(1, 10), text)) << text;
  }
  EXPECT_TRUE(takes(whole_number(0, kMostSeed), "18446744073709551615"));
  EXPECT_FALSE(takes(whole_number(0, kMostSeed), "18446744073709551616"));
}

TEST(Numbers, ARealNumberIsFiniteAndInRange) {
  for (const char* text : {"0.5", ".5", "0.95", "5e-1", "0.999999"}) {
    EXPECT_TRUE(takes(real_number(0.5, 0.999999), text)) << text;
  }
  for (const char* text : {"", ".", "nan", "-nan", "inf", "1", "0.49", "-0.6", "0x1p-1", "0.9x",
                           "e", "0.6e", "0.6e+"}) {
    EXPECT_FALSE(takes(real_number(0.5, 0.999999), text)) << text;
  }
}

TEST(Numbers, ADurationIsADecimalNumberWithAUnit) {
  EXPECT_EQ(parse_duration("90").value_or(0), 90 * kSecond);
  EXPECT_EQ(parse_duration("1.5m").value_or(0), 90 * kSecond);
  EXPECT_EQ(parse_duration("500ms").value_or(0), 500 * kMilli);
  for (const char* text : {"", "s", "nan", "infs", "-3s", "+3s", "0x10", " 3s", "1e3s", "3 s",
                           "1.2.3s", "0", "9999999h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace hangrate
