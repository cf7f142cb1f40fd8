// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/expectation.h"

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
  EXPECT_EQ(on(manifest, "5.5-rc7"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "5.5"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.119"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.1.120"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.2"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.11.11"), Expectation::Affected);
  EXPECT_EQ(on(manifest, "6.12-rc1"), Expectation::Fixed);
  EXPECT_EQ(on(manifest, "6.12"), Expectation::Fixed);
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
