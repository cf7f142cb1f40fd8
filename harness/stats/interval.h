// SPDX-License-Identifier: GPL-2.0-or-later
//
// Interval: the exact (Clopper-Pearson) confidence interval of a rate, and what a clean run proves.
// Any layer may use it. Pure; it never assumes a normal distribution and never returns less than
// the stated coverage for independent trials. C. Clopper, E. Pearson, "The use of confidence or
// fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934) 404-413.
#pragma once

#include <cstdint>

namespace hangrate {

struct Interval {
  double low = 0.0;
  double high = 1.0;
  bool operator==(const Interval&) const = default;
};

/// Two-sided, equal tails. `confidence` in (0, 1), hits <= trials; no trials give [0, 1].
Interval clopper_pearson(std::uint64_t hits, std::uint64_t trials, double confidence);

/// The same for the effective numbers of a correlated sample, which need not be whole.
Interval clopper_pearson_effective(double hits, double trials, double confidence);

/// The upper end alone, one-sided. 0 < hits < trials.
double clopper_pearson_upper(std::uint64_t hits, std::uint64_t trials, double confidence);

/// Smallest rate per trial that `trials` trials without a hit exclude: 1 - (1 - C)^(1/n),
/// one-sided. (The upper end of clopper_pearson(0, n, C) is larger: it spends half of 1 - C on the
/// lower end.) No trials exclude nothing: 1.
double excluded_rate(std::uint64_t trials, double confidence);
double excluded_rate_effective(double trials, double confidence);

/// How many clean trials exclude `rate`: the smallest n with excluded_rate(n) <= rate. A rate that
/// no number of trials below 2^64 excludes (rate <= 0) gives the largest std::uint64_t.
std::uint64_t trials_to_exclude(double rate, double confidence);

}  // namespace hangrate
