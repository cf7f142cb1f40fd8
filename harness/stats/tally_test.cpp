// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/tally.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

Tally one_of_each() {
  Tally tally;
  tally.add(Outcome::Clean, SignatureMatch::NotApplicable, 1000);
  tally.add(Outcome::Slow, SignatureMatch::NotApplicable, 200);
  tally.add(Outcome::Anomaly, SignatureMatch::NotApplicable, 30);
  tally.add(Outcome::Hang, SignatureMatch::Match, 4);
  tally.add(Outcome::Hang, SignatureMatch::Other, 2);
  tally.add(Outcome::Hang, SignatureMatch::NotApplicable, 1);
  tally.add(Outcome::Skipped, SignatureMatch::NotApplicable, 10000);
  tally.add(Outcome::Infra, SignatureMatch::NotApplicable, 20000);
  tally.add(Outcome::Inconclusive, SignatureMatch::NotApplicable, 40000);
  tally.add(Outcome::LostMachine, SignatureMatch::NotApplicable, 80000);
  return tally;
}

TEST(Tally, KeepsUnknownsOutOfTheDenominator) {
  const Tally tally = one_of_each();
  EXPECT_EQ(tally.conclusive(), 1237U);
  EXPECT_EQ(tally.attempted(), 151237U);
  EXPECT_EQ(tally.lost(), 100000U);
}

TEST(Tally, CountsAsHitsOnlyHangsThatMatch) {
  const Tally tally = one_of_each();
  EXPECT_EQ(tally.hits(), 4U);
  EXPECT_EQ(tally.other_hangs(), 3U);
  EXPECT_EQ(tally.count(Outcome::Hang), 7U);
  EXPECT_EQ(tally.anomalies(), 30U);
  EXPECT_EQ(tally.reproductions(), 34U);
}

TEST(Tally, IgnoresTheSignatureOfWhatIsNoHang) {
  Verdict verdict;
  verdict.outcome = Outcome::Clean;
  verdict.signature = SignatureMatch::Match;
  Tally tally;
  tally.add(verdict);
  EXPECT_EQ(tally.hits(), 0U);
  EXPECT_EQ(tally.conclusive(), 1U);
}

TEST(Tally, MergedEqualsAddedTogether) {
  Tally merged = one_of_each();
  merged.merge(one_of_each());
  EXPECT_EQ(merged.hits(), 8U);
  EXPECT_EQ(merged.attempted(), 2 * one_of_each().attempted());
  Tally same = one_of_each();
  same.merge(Tally());
  EXPECT_EQ(same, one_of_each());
}

}  // namespace
}  // namespace hangrate
