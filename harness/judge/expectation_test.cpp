// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/expectation.h"

#include <utility>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

/// A bug of 5.5, fixed in 6.12 and, by a backport, in 6.1.120.
Manifest backported() {
  Manifest manifest;
  manifest.affected = {{"5.5", "6.1.120", ""}, {"6.2", "6.12-rc1", ""}};
  return manifest;
}

Expectation on(const Manifest& manifest, const char* kernel) {
  return expectation_of(manifest, Variant(), parse_kernel_version(kernel));
}

TEST(Expectation, RangesIncludeTheirStartAndExcludeTheirEnd) {
  const Manifest manifest = backported();
  EXPECT_EQ(on(manifest, "5.4.300"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.4.300-rc1"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.5-rc1"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "5.5"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.119"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.120"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.2"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.11.11"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.12-rc1"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.12"), Expectation::Fixed);
}

/// As uname prints them. The ranges are those of the two manifests in repros/.
TEST(Expectation, ACandidateCountsAsTheReleaseItIsMadeFor) {
  const auto of_uname = [](const Manifest& manifest, const char* release) {
    return expectation_of(manifest, Variant(), upstream_version(release));
  };
  Manifest pipe;
  pipe.affected = {{"5.8", "5.10.210", ""},
                   {"5.11", "5.15.149", ""},
                   {"6.2", "6.6.15", ""},
                   {"6.7", "6.7.3", ""}};
  for (const char* release :
       {"5.8.0-rc1", "5.11.0-rc3", "6.2.0-rc5", "6.7.0-rc2", "6.7.0-rc2-00012-g1234abcd5678"}) {
    EXPECT_EQ(of_uname(pipe, release), Expectation::Affected) << release;
  }
  for (const char* release : {"5.7.19", "6.8.0-rc1+", "6.8.0-rc1", "6.6.15-rc1", "6.7.3-rc2"}) {
    EXPECT_EQ(of_uname(pipe, release), Expectation::Fixed) << release;
  }
  Manifest fuse;
  fuse.affected = {{"", "6.3", ""}, {"6.4.16", "6.5", ""}, {"6.5.3", "", ""}};
  for (const char* release : {"6.2.0-rc8", "6.4.16-rc1", "6.5.3", "6.6.0-rc1"}) {
    EXPECT_EQ(of_uname(fuse, release), Expectation::Affected) << release;
  }
  for (const char* release : {"6.3.0-rc1", "6.3.0-rc7+", "6.4.0-rc1", "6.5.0-rc1", "6.5.0-rc4"}) {
    EXPECT_EQ(of_uname(fuse, release), Expectation::Fixed) << release;
  }
}

TEST(Expectation, ABoundCanNameALaterCandidate) {
  Manifest manifest;
  manifest.affected = {{"6.6-rc3", "6.8-rc5", ""}};
  EXPECT_EQ(on(manifest, "6.6-rc2"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.6-rc3"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.8-rc4"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.8-rc5"), Expectation::Fixed);
}

TEST(Expectation, AnEmptyEndIsOpen) {
  Manifest manifest;
  manifest.affected = {{"6.9", "", ""}};
  EXPECT_EQ(on(manifest, "6.8.12"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "9.0"), Expectation::Affected);
  manifest.affected = {{"", "4.9", ""}};
  EXPECT_EQ(on(manifest, "2.6.12"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "4.9"), Expectation::Fixed);
}

TEST(Expectation, IsUnknownForAnUnknownKernelUnlessEveryKernelIsAffected) {
  EXPECT_EQ(expectation_of(backported(), Variant(), std::nullopt), Expectation::Unknown);
  Manifest always;
  always.affected = {{"", "", ""}};
  EXPECT_EQ(expectation_of(always, Variant(), std::nullopt), Expectation::Affected);
}

TEST(Expectation, IsUnknownWithoutRangesOrWithOneThatCannotBeRead) {
  EXPECT_EQ(on(Manifest(), "6.8"), Expectation::Unknown);
  Manifest manifest = backported();
  manifest.affected.push_back({"six", "", ""});
  EXPECT_EQ(on(manifest, "6.12"), Expectation::Unknown);
  EXPECT_EQ(on(manifest, "6.2"), Expectation::Affected);
}

TEST(Expectation, OfAControlDoesNotAskForTheKernel) {
  const std::pair<Expect, Expectation> controls[] = {
      {Expect::Always, Expectation::AlwaysHangs},
      {Expect::Never, Expectation::NeverHangs},
      {Expect::Lookalike, Expectation::Lookalike},
      {Expect::Measure, Expectation::Measures},
  };
  for (const auto& [expect, wanted] : controls) {
    Variant variant;
    variant.expect = expect;
    EXPECT_EQ(expectation_of(backported(), variant, std::nullopt), wanted);
    EXPECT_EQ(expectation_of(backported(), variant, parse_kernel_version("6.8")), wanted);
  }
}

}  // namespace
}  // namespace hangrate
