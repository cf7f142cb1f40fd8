// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many trials and boots a cell gets where nobody says: as many as make a clean result one.
// Pure.
#pragma once

#include <cstdint>

#include "harness/model/manifest.h"

namespace hangrate {

/// Of a run: the variant's own number, and more if its reference rate takes more.
std::uint64_t default_trials(const Variant& variant, double confidence);

/// How many of them a clean result takes; 0 where it claims nothing.
std::uint64_t trials_for_power(const Variant& variant, double confidence);

/// Of a cell of a matrix: enough to exclude the reference rate even if one trial is lost with its
/// machine, and its own number for the rate: up to a thousand, or a hundred of what hits each time.
std::uint64_t default_matrix_trials(const Variant& variant, double confidence);

/// A race hits in one trial of many, and how many differs from boot to boot.
bool is_race(const Variant& variant);

/// Over how many boots the trials of a cell are spread: those of a race over five.
int default_boots(const Variant& variant);

}  // namespace hangrate
