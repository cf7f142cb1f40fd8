// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace hangrate {

double excluded_rate(std::uint64_t possible_hits, std::uint64_t trials, double confidence);
std::uint64_t trials_to_exclude(double rate, double confidence, std::uint64_t possible_hits);

}  // namespace hangrate
