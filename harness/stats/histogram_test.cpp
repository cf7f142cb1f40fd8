// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_TRUE(histogram.bins().empty());
}

TEST(Histogram, FitsInTwentyKibibytes) {
  EXPECT_LE(sizeof(Histogram), 20U * 1024U);
}

TEST(Histogram, BinsHoldTheirDurationsAndAreAtMostASixtyFourthWide) {
  Nanos last_high = 0;
  for (Nanos duration = 0; duration < Histogram::kLongest;
       duration += std::max<Nanos>(1, duration / 200)) {
    Histogram histogram;
    histogram.add(duration);
    const Histogram::Bin bin = histogram.bins().at(0);
    ASSERT_LE(bin.low, duration);
    ASSERT_GT(bin.high, duration);
    ASSERT_GE(bin.high, last_high);
    last_high = bin.high;
    const auto width = static_cast<double>(bin.high - bin.low);
    ASSERT_LE(width, std::max(1.0, static_cast<double>(bin.low) / 64.0));
  }
  EXPECT_GT(last_high, Histogram::kLongest / 2);
}

TEST(Histogram, NeighbouringBinsTouch) {
  Histogram histogram;
  for (Nanos duration = 0; duration < 100'000; ++duration) histogram.add(duration);
  const std::vector<Histogram::Bin> bins = histogram.bins();
  for (std::size_t i = 1; i < bins.size(); ++i) ASSERT_EQ(bins[i].low, bins[i - 1].high);
  EXPECT_EQ(bins.front().low, 0);
}

TEST(Histogram, KeepsTheExtremesExactBeyondItsRange) {
  Histogram histogram;
  histogram.add(-5);
  histogram.add(2 * Histogram::kLongest + 1);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.min(), -5);
  EXPECT_EQ(histogram.max(), 2 * Histogram::kLongest + 1);
  EXPECT_EQ(histogram.quantile(1.0), histogram.max());
}

TEST(Histogram, QuantilesAreWithinOnePercentOfTheSortedValues) {
  std::mt19937_64 random(10);
  std::lognormal_distribution<double> durations(12.0, 2.5);
  std::vector<Nanos> values;
  Histogram histogram;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(static_cast<Nanos>(durations(random)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 1.0}) {
    const double wanted = std::ceil(p * 20000.0);
    const auto rank = static_cast<std::size_t>(std::max(1.0, wanted)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(p)), exact, 0.01 * exact) << p;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
}

TEST(Histogram, MergedEqualsAddedTogether) {
  Histogram left;
  Histogram right;
  Histogram both;
  for (Nanos duration = 1; duration < kSecond; duration = duration * 3 + 1) {
    (duration % 2 == 0 ? left : right).add(duration);
    both.add(duration);
  }
  left.merge(right);
  EXPECT_EQ(left, both);
  Histogram empty;
  empty.merge(both);
  EXPECT_EQ(empty, both);
  both.merge(Histogram());
  EXPECT_EQ(empty, both);
}

TEST(Histogram, CanBeRebuiltFromItsBins) {
  Histogram histogram;
  for (Nanos duration = 1; duration < Histogram::kLongest; duration = duration * 2 + 17) {
    histogram.add(duration, 3);
  }
  Histogram rebuilt;
  for (const Histogram::Bin& bin : histogram.bins()) rebuilt.add(bin.low, bin.count);
  EXPECT_EQ(rebuilt.bins(), histogram.bins());
}

}  // namespace
}  // namespace hangrate
