// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/power.h"

#include "harness/stats/interval.h"

namespace hangrate {

double excluded_rate(std::uint64_t possible_hits, std::uint64_t trials, double confidence) {
  if (possible_hits == 0) return excluded_rate(trials, confidence);
  return clopper_pearson(possible_hits, trials, 2 * confidence - 1).high;
}

std::uint64_t trials_to_exclude(double rate, double confidence, std::uint64_t possible_hits) {
  std::uint64_t trials = trials_to_exclude(rate, confidence);
  if (possible_hits == 0) return trials;
  while (excluded_rate(possible_hits, trials, confidence) > rate) trials += trials / 64 + 1;
  return trials;
}

}  // namespace hangrate
