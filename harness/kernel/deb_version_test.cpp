// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/deb_version.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

const std::vector<std::string> kRising = {"5.10.262-1",
                                          "6.1.99-1",
                                          "6.1.190-1",
                                          "6.1.192-1",
                                          "6.1.192-2",
                                          "6.12~rc7-1~exp1",
                                          "6.12-1",
                                          "6.12.118-1~bpo12+1",
                                          "6.12.118-1~deb12u1",
                                          "6.12.118-1",
                                          "6.12.118-1+b1",
                                          "7.3~rc5-1~exp1",
                                          "7.3-1",
                                          "7.3.4-1",
                                          "1:2-1"};

TEST(DebVersion, RisesAsTheArchiveCounts) {
  for (std::size_t i = 0; i < kRising.size(); ++i) {
    for (std::size_t j = 0; j < kRising.size(); ++j) {
      const int order = compare_deb_versions(kRising[i], kRising[j]);
      EXPECT_EQ(order < 0, i < j) << kRising[i] << " " << kRising[j];
      EXPECT_EQ(order > 0, i > j) << kRising[i] << " " << kRising[j];
    }
  }
  EXPECT_EQ(compare_deb_versions("6.01-1", "6.1-1"), 0);
  EXPECT_EQ(compare_deb_versions("", ""), 0);
  EXPECT_LT(compare_deb_versions("", "1"), 0);
}

/// Where it is installed.
TEST(DebVersion, IsWhatDpkgSays) {
  if (std::system("command -v dpkg >/dev/null") != 0) GTEST_SKIP() << "no dpkg here";
  for (std::size_t i = 0; i + 1 < kRising.size(); ++i) {
    const std::string call =
        "dpkg --compare-versions '" + kRising[i] + "' lt '" + kRising[i + 1] + "'";
    EXPECT_EQ(std::system(call.c_str()), 0) << call;
  }
}

}  // namespace
}  // namespace hangrate
