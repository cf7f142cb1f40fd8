// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks of numeric options, as they were typed and before anything is made. CLI11 takes "-1" for
// 2^64 - 1 and "nan" for a number in any range.
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class Validator;
}

namespace hangrate {

inline constexpr std::uint64_t kMostSeed = ~std::uint64_t{0};
inline constexpr double kLeastConfidence = 0.5;
inline constexpr double kMostConfidence = 0.999999;

/// Digits only, from `low` to `high`.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
/// Finite, from `low` to `high`.
CLI::Validator real_number(double low, double high);

/// Is this a decimal number without a sign, "90" or "0.5", not "nan" or "0x10"?
bool is_decimal(const std::string& text);

}  // namespace hangrate
