// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/default_trials.h"

#include <algorithm>

#include "harness/stats/power.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kMostForTheRate = 1000;
constexpr std::uint64_t kMostOfWhatIsSure = 100;
constexpr double kRarely = 0.1;
constexpr int kBootsOfARace = 5;

/// Whether a clean result of it claims that a rate is excluded.
bool claims_absence(const Variant& variant) {
  return variant.expect == Expect::Affected || variant.expect == Expect::Never;
}

}  // namespace

std::uint64_t trials_for_power(const Variant& variant, double confidence) {
  return claims_absence(variant) ? trials_to_exclude(variant.reference_rate, confidence, 0) : 0;
}

std::uint64_t default_trials(const Variant& variant, double confidence) {
  return std::max(variant.trials, trials_for_power(variant, confidence));
}

std::uint64_t default_matrix_trials(const Variant& variant, double confidence) {
  if (variant.expect == Expect::Measure) return variant.trials;
  // What hits each time, or else never, has a rate of no digits: 100 of 100 is at least 96 %.
  const bool sure = !claims_absence(variant) || variant.reference_rate >= kRarely;
  const std::uint64_t own = std::min(variant.trials, sure ? kMostOfWhatIsSure : kMostForTheRate);
  if (!claims_absence(variant)) return own;
  return std::max(own, trials_to_exclude(variant.reference_rate, confidence, 1));
}

bool is_race(const Variant& variant) {
  return variant.expect == Expect::Affected && variant.reference_rate < kRarely;
}

int default_boots(const Variant& variant) {
  return is_race(variant) ? kBootsOfARace : 1;
}

}  // namespace hangrate
