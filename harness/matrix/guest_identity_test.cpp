// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/guest_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangrate {
namespace {

using ::testing::HasSubstr;

BootableKernel image(const std::string& release, const std::string& build_id) {
  BootableKernel kernel;
  kernel.release = release;
  kernel.build_id = build_id;
  return kernel;
}

Json hello(const Json& release, const Json& build_id) {
  return {{"type", "hello"}, {"release", release}, {"build_id", build_id}};
}

TEST(GuestIdentity, TheSameKernelIsNoMismatchHoweverMuchIsKnownOfIt) {
  EXPECT_EQ(identity_mismatch(image("6.1", "ab"), hello("6.1", "ab")), "");
  EXPECT_EQ(identity_gap(image("6.1", "ab"), hello("6.1", "ab")), "");
  EXPECT_EQ(identity_mismatch(image("6.1", ""), hello("6.1", "ab")), "");
  EXPECT_THAT(identity_gap(image("6.1", ""), hello("6.1", "ab")), HasSubstr("in the image"));
  EXPECT_EQ(identity_mismatch(image("6.1", "ab"), hello("6.1", "")), "");
  EXPECT_THAT(identity_gap(image("6.1", "ab"), hello("6.1", "")), HasSubstr("the guest does not"));
  EXPECT_EQ(identity_mismatch(image("", ""), hello("6.1", "")), "");
  EXPECT_THAT(identity_gap(image("", ""), hello("6.1", "")),
              HasSubstr("does not tell its release"));
}

TEST(GuestIdentity, AnotherReleaseOrBuildIsNamedWithWhatWasExpected) {
  EXPECT_EQ(identity_mismatch(image("6.1", "ab"), hello("6.2", "ab")),
            "the guest runs another kernel than its image: expected release 6.1 (build id ab), "
            "found release 6.2 (build id ab)");
  EXPECT_THAT(identity_mismatch(image("6.1", "ab"), hello("6.1", "cd")),
              HasSubstr("found release 6.1 (build id cd)"));
  EXPECT_NE(identity_mismatch(image("", "ab"), hello("6.1", "cd")), "");
}

TEST(GuestIdentity, AGuestThatDoesNotTellItsReleaseIsAnother) {
  EXPECT_THAT(identity_mismatch(image("6.1", ""), Json{{"type", "hello"}}),
              HasSubstr("found release unknown (build id unknown)"));
  EXPECT_NE(identity_mismatch(image("6.1", ""), hello(7, Json::array())), "");
  EXPECT_NE(identity_mismatch(image("", ""), hello("", "")), "");
  EXPECT_LT(identity_mismatch(image("6.1", ""), hello(std::string(10'000, 'x'), "")).size(), 400u);
}

}  // namespace
}  // namespace hangrate
