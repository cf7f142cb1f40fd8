// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_version.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

std::string upstream(std::string_view release, std::string_view version = {},
                     std::string_view signature = {}) {
  const auto found = upstream_version(release, version, signature);
  return found ? to_string(*found) : "unknown";
}

TEST(KernelVersion, ReadsUpstreamNumbersOutOfTheRelease) {
  EXPECT_EQ(upstream("6.18.44-cloud1", "#1 SMP PREEMPT_DYNAMIC @0"), "6.18.44");
  EXPECT_EQ(upstream("6.12.107+deb13-amd64"), "6.12.107");
  EXPECT_EQ(upstream("6.8.12-4-pve", "#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06T15:04Z)"),
            "6.8.12");
  EXPECT_EQ(upstream("6.1.102-111.182.amzn2023.x86_64"), "6.1.102");
  EXPECT_EQ(upstream("6.9.7-200.fc40.x86_64"), "6.9.7");
  EXPECT_EQ(upstream("6.10.0-arch1-1"), "6.10.0");
  EXPECT_EQ(upstream("6.8.0"), "6.8.0");
  EXPECT_EQ(upstream("6.8.0+"), "6.8.0");
  EXPECT_EQ(upstream("4.9"), "4.9.0");
  EXPECT_EQ(upstream("2.6.32.27"), "2.6.32");
}

TEST(KernelVersion, ReadsDebianPackageVersionsOutOfUnameV) {
  EXPECT_EQ(upstream("6.1.0-50-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-01)"),
            "6.1.176");
  EXPECT_EQ(upstream("5.10.0-35-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-06-30)"), "5.10.262");
  EXPECT_EQ(
      upstream("6.12.107+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-06-01)"),
      "6.12.107");
  EXPECT_EQ(upstream("6.12.43+deb12-amd64",
                     "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1~bpo12+1 (2025-09-06)"),
            "6.12.43");
  EXPECT_EQ(upstream("6.12-rc6-amd64", "#1 SMP Debian 6.12~rc6-1~exp1 (2024-11-10)"), "6.12.0-rc6");
  EXPECT_EQ(upstream("6.6.51+rpt-rpi-v8", "#1 SMP PREEMPT Debian 1:6.6.51-1+rpt3 (2024-10-08)"),
            "6.6.51");
}

TEST(KernelVersion, ReadsTheLastWordOfUbuntusSignature) {
  EXPECT_EQ(upstream("6.8.0-111-generic", "#111-Ubuntu SMP PREEMPT_DYNAMIC Tue Jan 6 2026",
                     "Ubuntu 6.8.0-111.111-generic 6.8.12\n"),
            "6.8.12");
}

TEST(KernelVersion, DoesNotTrustAVendorsFrozenNumber) {
  EXPECT_EQ(upstream("6.8.0-111-generic", "#111-Ubuntu SMP PREEMPT_DYNAMIC"), "unknown");
  EXPECT_EQ(upstream("6.1.0-50-amd64"), "unknown");
  EXPECT_EQ(upstream("5.14.0-427.13.1.el9_4.x86_64"), "unknown");
  EXPECT_EQ(upstream("6.4.0-150600.23.7-default"), "unknown");
}

TEST(KernelVersion, TakesAGitTreeForItsLastTag) {
  EXPECT_EQ(upstream("6.8.0-00012-g1234abcd5678"), "6.8.0");
  EXPECT_EQ(upstream("6.8.0-rc3-00100-g1234abcd5678"), "6.8.0-rc3");
  EXPECT_EQ(upstream("6.8.0-00012"), "unknown");
}

TEST(KernelVersion, ReadsReleaseCandidates) {
  EXPECT_EQ(upstream("6.6.15-rc3"), "6.6.15-rc3");
  EXPECT_EQ(upstream("6.8.0-rc1"), "6.8.0-rc1");
  EXPECT_EQ(upstream("6.8-rc1"), "6.8.0-rc1");
}

TEST(KernelVersion, IsUnknownWhenThereIsNoNumber) {
  for (const char* text : {"", "6", "6.", "linux", "v6.8", ".8.0", "99999999999.1", "-1.2"}) {
    EXPECT_EQ(upstream(text), "unknown") << text;
    EXPECT_EQ(parse_kernel_version(text), std::nullopt) << text;
  }
  EXPECT_EQ(upstream("6.18.44", "Debian ", "Ubuntu"), "6.18.44");
  EXPECT_EQ(upstream("6.18.44", "Debian trixie", "  \n"), "6.18.44");
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
