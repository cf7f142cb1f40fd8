// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/rounding.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

namespace hangrate {
namespace {

enum class Towards { Zero, Infinity, Nearest };

constexpr int kDigits = 3;
constexpr int kLeastPlain = -4;  ///< exponents below are written "6.3e-05", as %g does
constexpr int kMostPlain = 6;

/// digits * 10^exponent
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

double value_of(const Decimal& decimal) {
  return std::strtod(fmt::format("{}e{}", decimal.digits, decimal.exponent).c_str(), nullptr);
}

/// Three significant digits of a positive number.
Decimal rounded(double number, Towards towards) {
  const std::string text = fmt::format("{:.{}e}", number, kDigits - 1);  // "1.23e-04"
  Decimal decimal;
  for (const char c : text.substr(0, text.find('e'))) {
    if (c != '.') decimal.digits = 10 * decimal.digits + static_cast<std::uint64_t>(c - '0');
  }
  decimal.exponent = std::atoi(text.c_str() + text.find('e') + 1) - (kDigits - 1);
  const double near = value_of(decimal);
  if (towards == Towards::Infinity && near < number) ++decimal.digits;
  if (towards == Towards::Zero && near > number) {
    if (decimal.digits == 100) decimal = {1000, decimal.exponent - 1};
    --decimal.digits;
  }
  return decimal;
}

std::string zeros(int count) {
  return std::string(static_cast<std::size_t>(std::max(count, 0)), '0');
}

std::string text_of(Decimal decimal) {
  while (decimal.digits != 0 && decimal.digits % 10 == 0) {
    decimal.digits /= 10;
    ++decimal.exponent;
  }
  std::string digits = std::to_string(decimal.digits);
  const int size = static_cast<int>(digits.size());
  const int leading = decimal.exponent + size - 1;  // power of ten of the first digit
  if (leading < kLeastPlain || leading > kMostPlain) {
    if (size > 1) digits.insert(1, ".");
    return digits + fmt::format("e{}{:02}", leading < 0 ? '-' : '+', std::abs(leading));
  }
  if (decimal.exponent >= 0) return digits + zeros(decimal.exponent);
  if (leading < 0) return "0." + zeros(-leading - 1) + digits;
  return digits.insert(digits.size() - static_cast<std::size_t>(-decimal.exponent), ".");
}

/// 1 less a decimal below 1, exactly. That of a double has at most 18 places.
Decimal complement(const Decimal& decimal) {
  std::uint64_t whole = 1;
  for (int place = decimal.exponent; place < 0; ++place) whole *= 10;
  return {whole - decimal.digits, decimal.exponent};
}

Towards opposite(Towards towards) {
  if (towards == Towards::Nearest) return towards;
  return towards == Towards::Zero ? Towards::Infinity : Towards::Zero;
}

std::string probability(double p, Unit unit, Towards towards) {
  const int shift = unit == Unit::Percent ? 2 : 0;
  if (!(p > 0.0)) return "0";
  if (p >= 1.0) return text_of({1, shift});
  Decimal decimal =
      p <= 0.5 ? rounded(p, towards) : complement(rounded(1.0 - p, opposite(towards)));
  decimal.exponent += shift;
  return text_of(decimal);
}

std::string ratio_text(double ratio, Towards towards) {
  if (!(ratio > 0.0)) return "0";
  return std::isinf(ratio) ? "inf" : text_of(rounded(ratio, towards));
}

}  // namespace

std::string lower_text(double p, Unit unit) {
  return probability(p, unit, Towards::Zero);
}

std::string upper_text(double p, Unit unit) {
  return probability(p, unit, Towards::Infinity);
}

std::string point_text(double p, Unit unit) {
  return probability(p, unit, Towards::Nearest);
}

std::string lower_ratio_text(double ratio) {
  return ratio_text(ratio, Towards::Zero);
}

std::string upper_ratio_text(double ratio) {
  return ratio_text(ratio, Towards::Infinity);
}

std::string trials_text(double trials) {
  return fmt::format("{:.0f}", std::floor(trials));
}

}  // namespace hangrate
