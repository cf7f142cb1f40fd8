// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/kernel_supply.h"

#include <gtest/gtest.h>
#include <time.h>

#include "harness/testing/command.h"

namespace hangrate {
namespace {

constexpr const char* kMissing = "image:/there/is/no/such/image";

class Supply : public ::testing::Test {
 protected:
  SupplyOptions options() {
    SupplyOptions options;
    options.kernel.cache = folder_ / "cache";
    options.kernel.offline = true;
    options.accel = "tcg";
    options.news = [this](const std::string& text) { news_.push_back(text); };
    return options;
  }

  /// What became of everything that was asked for.
  static std::vector<SuppliedKernel> all_of(KernelSupply& supply) {
    std::vector<SuppliedKernel> all;
    while (!supply.done()) {
      if (auto kernel = supply.next()) all.push_back(std::move(*kernel));
      const timespec nap = to_timespec(kMilli);
      ::nanosleep(&nap, nullptr);
    }
    return all;
  }

  testing::TempFolder folder_;
  std::vector<std::string> news_;
};

TEST_F(Supply, AKernelThatCannotBeHadTakesNoOtherWithIt) {
  KernelSupply supply(options());
  ASSERT_TRUE(supply.begin({kMissing, "native"}));
  const auto all = all_of(supply);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].spec, kMissing);
  EXPECT_FALSE(all[0].kernel);
  EXPECT_EQ(all[1].spec, "native");
  ASSERT_TRUE(all[1].kernel) << all[1].kernel.error().what();
  EXPECT_TRUE(all[1].kernel->native);
  EXPECT_EQ(all[1].kernel->accel, "native");
  EXPECT_FALSE(all[1].kernel->identity.empty());
  EXPECT_FALSE(supply.next()) << "each is told once";
  supply.end();
}

TEST_F(Supply, WhatTakesLongComesLast) {
  KernelSupply supply(options());
  ASSERT_TRUE(supply.begin({"recipe:no-such", "native"}));
  const auto all = all_of(supply);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].spec, "native");
  EXPECT_FALSE(all[1].kernel);
}

TEST_F(Supply, NothingIsWaitedForWhereNothingIsAskedFor) {
  KernelSupply supply(options());
  ASSERT_TRUE(supply.begin({}));
  EXPECT_TRUE(supply.done());
  EXPECT_FALSE(supply.next());
  supply.stop();
  supply.end();
}

TEST_F(Supply, OneThatEndsEarlyHasAnAnswerForEachKernel) {
  KernelSupply supply(options());
  ASSERT_TRUE(supply.begin({"native", kMissing}));
  supply.end();  // as if something had killed it
  EXPECT_EQ(all_of(supply).size(), 2u);
}

}  // namespace
}  // namespace hangrate
