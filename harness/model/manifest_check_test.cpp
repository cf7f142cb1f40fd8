// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/manifest_check.h"

#include <gtest/gtest.h>

#include "harness/model/json.h"

namespace hangrate {
namespace {

Json least() {
  return {{"name", "some_stall"},
          {"title", "a reader sleeps on a full pipe"},
          {"variants",
           {{{"name", "plain"},
             {"summary", "one reader"},
             {"signatures", {{{"role", "reader"}, {"states", "S"}}}},
             {"ladder", {"wait", "kill"}}}}},
          {"params", {{{"name", "size"}, {"help", "bytes"}, {"fallback", "1"}, {"max", 9}}}}};
}

std::string fault_of(const Json& json) {
  const auto manifest = read_manifest(dump_pretty(json));
  return manifest ? "" : manifest.error().what();
}

TEST(ReadManifest, TakesOneThatSaysTheLeast) {
  const auto manifest = read_manifest(dump_pretty(least()));
  ASSERT_TRUE(manifest) << manifest.error().what();
  EXPECT_EQ(manifest->variants.front().expect, Expect::Affected);
  EXPECT_EQ(manifest->variants.front().trials, 1000u);
}

TEST(ReadManifest, TakesWhatAManifestPrintsOfItself) {
  const auto manifest = read_manifest(dump_pretty(least()));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(fault_of(to_json_value(*manifest)), "");
}

TEST(ReadManifest, NamesTheLineOfWhatIsNoJson) {
  const auto manifest = read_manifest("{\n  \"name\": \"x\",\n  oops\n}");
  ASSERT_FALSE(manifest);
  EXPECT_NE(manifest.error().what().find("line 3"), std::string::npos) << manifest.error().what();
}

TEST(ReadManifest, AShapeIsThatOfAHangAlone) {
  Json json = least();
  json["variants"][0]["shape"] = {{"proofs", Json::array({"lost-wake-up"})}, {"pipe", "no-room"}};
  const auto manifest = read_manifest(dump_pretty(json));
  ASSERT_TRUE(manifest) << manifest.error().what();
  const WaitShape& shape = manifest->variants.front().shape;
  EXPECT_EQ(shape.proofs, std::vector<ProofKind>{ProofKind::LostWakeUp});
  EXPECT_EQ(shape.pipe, PipeShape::NoRoom);
  EXPECT_FALSE(shape.by_place);
  json["variants"][0]["shape"]["proofs"][0] = "lost";
  EXPECT_NE(fault_of(json).find("lost"), std::string::npos) << fault_of(json);
  json["variants"][0]["shape"]["proofs"][0] = "deadlock";
  json["variants"][0]["expect"] = "never";
  EXPECT_NE(fault_of(json).find("a control"), std::string::npos) << fault_of(json);
}

struct Slip {
  const char* name;
  const char* at;
  Json value;
  const char* told;  ///< the member, or the value, that the error names
};

class Slips : public ::testing::TestWithParam<Slip> {};

TEST_P(Slips, AreRefusedByName) {
  Json json = least();
  json[Json::json_pointer(GetParam().at)] = GetParam().value;
  EXPECT_NE(fault_of(json).find(GetParam().told), std::string::npos) << fault_of(json);
}

INSTANTIATE_TEST_SUITE_P(
    ReadManifest, Slips,
    ::testing::Values(Slip{"unknown_member", "/varients", 1, "varients"},
                      Slip{"unknown_inside", "/variants/0/expct", "never", "variants[0].expct"},
                      Slip{"word", "/variants/0/expect", "afected", "variants[0].expect"},
                      Slip{"rung", "/variants/0/ladder/0", "shove", "shove"},
                      Slip{"number_for_text", "/title", 5, "title"},
                      Slip{"text_for_number", "/variants/0/trials", "many", "trials"},
                      Slip{"negative", "/variants/0/trials", -1, "trials"},
                      Slip{"no_trials", "/variants/0/trials", 0, "trials"},
                      Slip{"rate", "/variants/0/reference_rate", 1.5, "reference_rate"},
                      Slip{"name", "/name", "../x", "../x"}, Slip{"title", "/title", "", "title"},
                      Slip{"no_variants", "/variants", Json::array(), "variants"},
                      Slip{"no_signature", "/variants/0/signatures", Json::array(), "signatures"},
                      Slip{"role", "/variants/0/signatures/0/role", "a role of twenty bytes",
                           "role"},
                      Slip{"default", "/params/0/fallback", "10", "size=10"}),
    [](const auto& slip) { return slip.param.name; });

TEST(ReadManifest, RefusesTwoVariantsOfOneName) {
  Json json = least();
  json["variants"].push_back(json["variants"][0]);
  EXPECT_NE(fault_of(json).find("plain"), std::string::npos);
}

}  // namespace
}  // namespace hangrate
