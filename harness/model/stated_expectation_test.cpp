// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/stated_expectation.h"

#include <gtest/gtest.h>

#include "harness/model/json.h"

namespace hangrate {
namespace {

TEST(StatedExpectation, IsAReproducerAWordAndAReason) {
  StatedExpectations stated;
  ASSERT_TRUE(add_stated(stated, "alpha=fixed:RHEL-37087: see a=b"));
  ASSERT_TRUE(add_stated(stated, "beta=affected:x"));
  ASSERT_TRUE(add_stated(stated, "gamma=unknown:y"));
  EXPECT_EQ(stated, (StatedExpectations{{"alpha", {StatedWord::Fixed, "RHEL-37087: see a=b"}},
                                        {"beta", {StatedWord::Affected, "x"}},
                                        {"gamma", {StatedWord::Unknown, "y"}}}));
}

TEST(StatedExpectation, OneReproducerAloneNeedNotBeNamed) {
  StatedExpectations stated;
  ASSERT_TRUE(add_stated(stated, "fixed:a=b", "alpha"));
  EXPECT_EQ(stated, (StatedExpectations{{"alpha", {StatedWord::Fixed, "a=b"}}}));
  stated.clear();
  EXPECT_FALSE(add_stated(stated, "fixed:a=b"));
  ASSERT_TRUE(add_stated(stated, "beta=fixed:x", "alpha"));
  EXPECT_TRUE(stated.contains("beta"));
}

TEST(StatedExpectation, AMistakeIsRefusedAndSaysWhat) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {{"alpha", "REPRO=fixed:REASON"},
               {"", "REPRO=fixed:REASON"},
               {"=fixed:x", "REPRO=fixed:REASON"},
               {"alpha=fixed", "a reason is missing"},
               {"alpha=fixed:", "a reason is missing"},
               {"alpha=fixed:  ", "a reason is missing"},
               {"alpha=clean:x", "\"clean\" is none of affected, fixed, unknown"},
               {"alpha=:x", "\"\" is none of"}};
  for (const auto& [text, part] : cases) {
    StatedExpectations stated;
    const auto added = add_stated(stated, text);
    ASSERT_FALSE(added) << text;
    EXPECT_EQ(added.error().kind(), ErrorKind::Usage);
    EXPECT_NE(added.error().what().find(part), std::string::npos) << added.error().what();
    EXPECT_TRUE(stated.empty());
  }
  StatedExpectations stated;
  ASSERT_TRUE(add_stated(stated, "alpha=fixed:x"));
  EXPECT_FALSE(add_stated(stated, "alpha=affected:y"));
  EXPECT_EQ(stated.at("alpha").value, StatedWord::Fixed);
}

TEST(StatedExpectation, IsKeptInTheHeaderOfARunAndAbsentWithoutOne) {
  RunHeader header;
  EXPECT_FALSE(to_json_value(header).contains("expect"));
  header.stated = {{"alpha", {StatedWord::Fixed, "RHEL-37087"}}};
  const Json json = to_json_value(header);
  EXPECT_EQ(json["schema"], kJournalSchema);
  const auto back = header_from_json(json);
  ASSERT_TRUE(back) << back.error().what();
  EXPECT_EQ(back->stated, header.stated);
}

TEST(VendorRange, GoesThroughTheManifestsJson) {
  Manifest manifest;
  manifest.vendor_affected = {{"ubuntu", "6.5.0", "laptop", "1", "1017.20", "USN"}};
  const auto back = manifest_from_json(to_json_value(manifest).dump());
  ASSERT_TRUE(back) << back.error().what();
  ASSERT_EQ(back->vendor_affected.size(), 1u);
  const VendorRange& range = back->vendor_affected[0];
  EXPECT_EQ(range.vendor + "|" + range.base + "|" + range.flavour + "|" + range.from + "|" +
                range.to + "|" + range.source,
            "ubuntu|6.5.0|laptop|1|1017.20|USN");
  const auto old = manifest_from_json(R"({"name":"x"})");
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->vendor_affected.empty());
}

}  // namespace
}  // namespace hangrate
