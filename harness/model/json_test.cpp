// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/json.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Json, WhatIsNestedDeepEnoughToEndTheProgramIsRefused) {
  EXPECT_FALSE(parse_json(nested(1'000'000)));
  EXPECT_FALSE(parse_json("{\"a\":\"]]\\\"]]\",\"b\":" + nested(100) + "}"));
}

TEST(Json, BracketsInTextAndBesideEachOtherAreNotNested) {
  EXPECT_TRUE(parse_json(nested(100)));
  EXPECT_TRUE(parse_json("[\"" + std::string(1000, '[') + "\"]"));
  EXPECT_TRUE(parse_json("[\"\\\"" + std::string(1000, '{') + "\"]"));
  std::string flat = "[[]";
  for (int i = 0; i < 1000; ++i) flat += ",{},[]";
  EXPECT_TRUE(parse_json(flat + "]"));
}

}  // namespace
}  // namespace hangrate
