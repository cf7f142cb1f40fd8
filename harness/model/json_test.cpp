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

TEST(Json, AHeaderKeepsTheSysctlsAndReadsOneWithoutThem) {
  RunHeader header;
  header.environment.sysctls = {{"fs.fuse.default_request_timeout", "20"},
                                {"fs.pipe-max-size", "1048576"}};
  Json json = to_json_value(header);
  const auto same = header_from_json(json);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->environment, header.environment);
  json["environment"].erase("sysctls");  // as journals of before
  const auto old = header_from_json(json);
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->environment.sysctls.empty());
  json["environment"]["sysctls"] = {{"fs.pipe-max-size", 7}};
  EXPECT_FALSE(header_from_json(json));
}

TEST(Json, ARungNobodyKnowsIsRefusedInAManifestAndALeverInAnOldJournal) {
  const std::string manifest = R"({"name":"x","variants":[{"name":"a","ladder":["wait","%"]}]})";
  const auto with = [&](const std::string& rung) {
    return std::string(manifest).replace(manifest.find('%'), 1, rung);
  };
  EXPECT_TRUE(manifest_from_json(with("fuse-abort")));
  EXPECT_FALSE(manifest_from_json(with("resize-again")));
  const auto seen = observation_from_json(
      *parse_json(R"({"rungs":[{"name":"resize-again","effect":"freed","note":"it had room"}]})"));
  ASSERT_TRUE(seen) << seen.error().what();
  ASSERT_EQ(seen->climbs.size(), 1u);
  EXPECT_EQ(seen->climbs[0].rung, Rung::Lever);
  EXPECT_EQ(seen->climbs[0].told, "resize-again: it had room");
}

}  // namespace
}  // namespace hangrate
