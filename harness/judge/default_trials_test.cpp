// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/default_trials.h"

#include <gtest/gtest.h>

#include "harness/stats/power.h"

namespace hangrate {
namespace {

Variant variant(Expect expect, std::uint64_t trials, double reference_rate) {
  Variant v;
  v.expect = expect;
  v.trials = trials;
  v.reference_rate = reference_rate;
  return v;
}

TEST(DefaultTrials, MakeACleanResultOne) {
  for (const Expect expect : {Expect::Affected, Expect::Never}) {
    for (const double confidence : {0.9, 0.95, 0.99}) {
      const Variant v = variant(expect, 200, 0.001);
      EXPECT_LE(excluded_rate(0, default_trials(v, confidence), confidence), 0.001);
      EXPECT_LE(excluded_rate(1, default_matrix_trials(v, confidence), confidence), 0.001)
          << "one may be lost";
    }
    EXPECT_EQ(default_trials(variant(expect, 50000, 0.001), 0.95), 50000u);
    EXPECT_EQ(default_matrix_trials(variant(expect, 50000, 0.09), 0.95), 1000u);
    EXPECT_EQ(default_matrix_trials(variant(expect, 300, 0.09), 0.95), 300u);
    EXPECT_EQ(default_matrix_trials(variant(expect, 3000, 0.5), 0.95), 100u);
    EXPECT_GT(default_matrix_trials(variant(expect, 2, 0.5), 0.95), 2u);
  }
}

TEST(DefaultTrials, OfWhatClaimsNoAbsenceAreItsOwn) {
  for (const Expect expect : {Expect::Always, Expect::Lookalike, Expect::Measure}) {
    EXPECT_EQ(default_trials(variant(expect, 80, 0.001), 0.95), 80u);
    EXPECT_EQ(default_matrix_trials(variant(expect, 80, 0.001), 0.95), 80u);
  }
  EXPECT_EQ(default_matrix_trials(variant(Expect::Always, 2000, 0.001), 0.95), 100u);
}

TEST(DefaultBoots, AreFiveForARaceAndOneForWhatHitsEachTime) {
  EXPECT_EQ(default_boots(variant(Expect::Affected, 1000, 0.001)), 5);
  EXPECT_EQ(default_boots(variant(Expect::Affected, 1000, 0.5)), 1);
  EXPECT_EQ(default_boots(variant(Expect::Never, 1000, 0.001)), 1);
  EXPECT_EQ(default_boots(variant(Expect::Always, 1000, 0.001)), 1);
}

}  // namespace
}  // namespace hangrate
