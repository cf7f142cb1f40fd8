// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/numbers.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "harness/base/text.h"

namespace hangrate {

namespace {

/// What follows the 'e' of 1e-6, "" if it has none.
bool is_exponent(const std::string& text) {
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return all_digits(text.substr(sign));
}

}  // namespace

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = all_digits(text) && error == std::errc{};
    if (whole && number >= low && number <= high) return "";
    return fmt::format("{} is no whole number from {} to {}", text, low, high);
  };
  return CLI::Validator(check, fmt::format("{}..{}", low, high));
}

CLI::Validator real_number(double low, double high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    const std::size_t e = text.find_first_of("eE");
    const bool sound =
        is_decimal(text.substr(0, e)) && (e == text.npos || is_exponent(text.substr(e + 1)));
    const double number = sound ? std::strtod(text.c_str(), nullptr) : std::nan("");
    if (number >= low && number <= high) return "";
    return fmt::format("{} is no number from {} to {}", text, low, high);
  };
  return CLI::Validator(check, fmt::format("{}..{}", low, high));
}

bool is_decimal(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::string whole = text.substr(0, dot);
  const std::string part = dot == text.npos ? "" : text.substr(dot + 1);
  if (whole.empty() && part.empty()) return false;
  return (whole.empty() || all_digits(whole)) && (part.empty() || all_digits(part));
}

}  // namespace hangrate
