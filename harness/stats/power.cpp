// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/power.h"

#include <algorithm>
#include <limits>

#include "harness/base/check.h"
#include "harness/stats/smallest.h"

namespace hangrate {

double excluded_rate(std::uint64_t possible_hits, std::uint64_t trials, double confidence) {
  if (possible_hits == 0) return excluded_rate(trials, confidence);
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  if (possible_hits >= trials) return 1.0;
  return clopper_pearson_upper(possible_hits, trials, confidence);
}

std::uint64_t trials_to_exclude(double rate, double confidence, std::uint64_t possible_hits) {
  if (possible_hits == 0) return trials_to_exclude(rate, confidence);
  HR_CHECK(confidence > 0.0 && confidence < 1.0);
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  if (!(rate > 0.0)) return kNever;
  if (rate >= 1.0) return 1;
  // Doubt never helps, so there is nothing to look for below.
  const std::uint64_t without = trials_to_exclude(rate, confidence);
  return smallest_that(std::max(without, possible_hits), [&](std::uint64_t trials) {
    return excluded_rate(possible_hits, trials, confidence) <= rate;
  });
}

}  // namespace hangrate
