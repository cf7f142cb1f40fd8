// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a clean run excludes when some of its trials might have been hits: those that were stuck,
// inconclusive or lost with the machine. Used by whoever judges or plans a clean run. Pure. With no
// such trial it is excluded_rate() and trials_to_exclude() of interval.h.
#pragma once

#include <cstdint>

#include "harness/stats/interval.h"

namespace hangrate {

/// Smallest rate that is excluded though `possible_hits` of the `trials` may all have been hits:
/// the one-sided upper end of Clopper-Pearson for that many. `trials` counts them. 1 if nothing is
/// excluded, as when all may have been hits.
double excluded_rate(std::uint64_t possible_hits, std::uint64_t trials, double confidence);

/// The smallest number of trials, the doubtful ones among them, that excludes `rate`. The largest
/// std::uint64_t if no number of trials below 2^64 does.
std::uint64_t trials_to_exclude(double rate, double confidence, std::uint64_t possible_hits);

}  // namespace hangrate
