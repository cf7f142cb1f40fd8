// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_version.h"

#include <charconv>
#include <limits>
#include <tuple>

#include "harness/base/text.h"

namespace hangrate {
namespace {

constexpr int kReleased = std::numeric_limits<int>::max();  // sorts as the last candidate

/// As take_number(), but only when `prefix` and then a digit are in front.
std::optional<int> take_number_after(std::string_view& text, std::string_view prefix) {
  std::string_view rest = text;
  if (!take(rest, prefix)) return std::nullopt;
  const std::optional<int> number = take_number(rest);
  if (number) text = rest;
  return number;
}

auto sort_key(const KernelVersion& version) {
  return std::tuple(version.major, version.minor, version.patch,
                    version.candidate.value_or(kReleased));
}

}  // namespace

std::strong_ordering operator<=>(const KernelVersion& a, const KernelVersion& b) {
  return sort_key(a) <=> sort_key(b);
}

std::string to_string(const KernelVersion& version) {
  std::string text = std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
                     std::to_string(version.patch);
  if (version.candidate) text += "-rc" + std::to_string(*version.candidate);
  return text;
}

std::optional<KernelVersion> parse_kernel_version(std::string_view text) {
  const std::optional<KernelVersion> version = take_kernel_version(text);
  return text.empty() ? version : std::nullopt;
}

std::optional<KernelVersion> take_kernel_version(std::string_view& text) {
  std::string_view rest = text;
  const std::optional<int> major = take_number(rest);
  if (!major) return std::nullopt;
  const std::optional<int> minor = take_number_after(rest, ".");
  if (!minor) return std::nullopt;
  KernelVersion version{*major, *minor, 0, std::nullopt};
  version.patch = take_number_after(rest, ".").value_or(0);
  version.candidate = take_number_after(rest, "-rc");
  if (!version.candidate) version.candidate = take_number_after(rest, "~rc");
  text = rest;
  return version;
}

std::optional<int> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace hangrate
