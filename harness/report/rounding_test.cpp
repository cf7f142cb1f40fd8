// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/rounding.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "harness/stats/interval.h"

namespace hangrate {
namespace {

double number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

TEST(Rounding, GoesOutwardForTheEndsAndToTheNearestForThePoint) {
  EXPECT_EQ(lower_text(0.00154935), "0.00154");
  EXPECT_EQ(upper_text(0.00154935), "0.00155");
  EXPECT_EQ(point_text(0.00154935), "0.00155");
  EXPECT_EQ(upper_text(0.021760), "0.0218");
  EXPECT_EQ(lower_text(0.021760), "0.0217");
  EXPECT_EQ(upper_text(6.32e-5), "6.32e-05");
  EXPECT_EQ(upper_text(6.321e-5), "6.33e-05");
  EXPECT_EQ(upper_text(0.0009999), "0.001");
  EXPECT_EQ(lower_text(0.00099999), "0.000999");
}

TEST(Rounding, OfAllHitsDoesNotShowOneForTheLowerEnd) {
  const Interval all = clopper_pearson(1000, 1000, 0.95);
  EXPECT_EQ(lower_text(all.low), "0.99631");
  EXPECT_EQ(upper_text(all.high), "1");
  EXPECT_EQ(lower_text(all.low, Unit::Percent), "99.631");
  EXPECT_EQ(upper_text(all.high, Unit::Percent), "100");
}

TEST(Rounding, OfACleanRunDoesNotClaimARateItDoesNotExclude) {
  EXPECT_EQ(upper_text(excluded_rate(2900, 0.95)), "0.00104");
  EXPECT_EQ(upper_text(excluded_rate(2995, 0.95)), "0.001");
  EXPECT_EQ(upper_text(excluded_rate(2994, 0.95)), "0.00101");
}

TEST(Rounding, ShowsNoneAndAllOnlyWhereExact) {
  for (const auto text : {lower_text, upper_text, point_text}) {
    EXPECT_EQ(text(0.0, Unit::Probability), "0");
    EXPECT_EQ(text(1.0, Unit::Probability), "1");
    EXPECT_EQ(text(1.0, Unit::Percent), "100");
    EXPECT_NE(text(1e-300, Unit::Percent), "0");
    EXPECT_NE(text(0.9999999, Unit::Percent), "100");
    EXPECT_NE(text(std::nextafter(1.0, 0.0), Unit::Probability), "1");
  }
  EXPECT_EQ(point_text(0.99996), "0.99996");
}

TEST(Rounding, OfPercentHasTheSameDigits) {
  EXPECT_EQ(point_text(0.5, Unit::Percent), "50");
  EXPECT_EQ(point_text(0.000234, Unit::Percent), "0.0234");
  EXPECT_EQ(point_text(0.003, Unit::Percent), "0.3");
  EXPECT_EQ(point_text(0.123456, Unit::Percent), "12.3");
  EXPECT_EQ(point_text(2.0 / 3.0, Unit::Percent), "66.7");
  EXPECT_EQ(point_text(1e-9, Unit::Percent), "1e-07");
  EXPECT_EQ(point_text(0.1), "0.1");
}

TEST(Rounding, NeverGoesInwardAndStaysClose) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> log10(-15.0, -1e-9);
  for (int i = 0; i < 5000; ++i) {
    const double small = std::pow(10.0, log10(random));
    for (const double p : {small, 1.0 - small}) {
      EXPECT_LE(number(lower_text(p)), p);
      EXPECT_GE(number(upper_text(p)), p);
      const double least = std::min(p, 1.0 - p);
      EXPECT_NEAR(number(point_text(p)), p, 0.00501 * least + 1e-16);
      EXPECT_NEAR(number(lower_text(p)), p, 0.01001 * least + 1e-16);
      EXPECT_NEAR(number(upper_text(p)), p, 0.01001 * least + 1e-16);
    }
  }
}

TEST(Rounding, OfRatiosGoesOutwardToo) {
  EXPECT_EQ(lower_ratio_text(1.2399), "1.23");
  EXPECT_EQ(upper_ratio_text(1.2301), "1.24");
  EXPECT_EQ(upper_ratio_text(99.95), "100");
  EXPECT_EQ(upper_ratio_text(12345.0), "12400");
  EXPECT_EQ(lower_ratio_text(0.0), "0");
  EXPECT_EQ(upper_ratio_text(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Rounding, OfEffectiveTrialsGoesDown) {
  EXPECT_EQ(trials_text(20.99), "20");
  EXPECT_EQ(trials_text(3000.0), "3000");
}

}  // namespace
}  // namespace hangrate
