// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_version.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(KernelVersion, IsNoneWhereThereIsNoNumber) {
  for (const char* text : {"", "6", "6.", "linux", "v6.8", ".8.0", "99999999999.1", "-1.2"}) {
    EXPECT_EQ(parse_kernel_version(text), std::nullopt) << text;
    std::string_view rest = text;
    EXPECT_EQ(take_kernel_version(rest), std::nullopt) << text;
    EXPECT_EQ(rest, text);
  }
}

TEST(KernelVersion, IsTakenOffTheFront) {
  std::string_view text = "6.8~rc1-1~exp1";
  EXPECT_EQ(take_kernel_version(text), (KernelVersion{6, 8, 0, 1}));
  EXPECT_EQ(text, "-1~exp1");
}

TEST(KernelVersion, OfAManifestAllowsNothingElse) {
  EXPECT_EQ(parse_kernel_version("5.5"), (KernelVersion{5, 5, 0, std::nullopt}));
  EXPECT_EQ(parse_kernel_version("6.1.176"), (KernelVersion{6, 1, 176, std::nullopt}));
  EXPECT_EQ(parse_kernel_version("6.8-rc1"), (KernelVersion{6, 8, 0, 1}));
  EXPECT_EQ(parse_kernel_version("6.8 "), std::nullopt);
  EXPECT_EQ(parse_kernel_version("6.8-rc"), std::nullopt);
  EXPECT_EQ(parse_kernel_version("6.8.x"), std::nullopt);
}

TEST(KernelVersion, SortsByNumberWithCandidatesBeforeTheirRelease) {
  const std::vector<std::string> ascending = {
      "4.19.300",  "5.9", "5.10",  "6.6.14", "6.6.15-rc3", "6.6.15",   "6.7.12", "6.8-rc1",
      "6.8.0-rc2", "6.8", "6.8.1", "6.12.9", "6.12.107",   "7.0-rc10", "7.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const auto a = parse_kernel_version(ascending[i]);
      const auto b = parse_kernel_version(ascending[j]);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(*a < *b, i < j) << ascending[i] << " " << ascending[j];
      EXPECT_EQ(*a == *b, i == j) << ascending[i] << " " << ascending[j];
    }
  }
}

}  // namespace
}  // namespace hangrate
