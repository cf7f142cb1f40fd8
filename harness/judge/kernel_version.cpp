// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_version.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

namespace hangrate {
namespace {

constexpr std::string_view kSpace = " \t\n";
constexpr std::string_view kDebian = "Debian ";
constexpr std::size_t kCommitDigits = 5;                    // of -00012-g1234abcd
constexpr int kReleased = std::numeric_limits<int>::max();  // sorts as the last candidate

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes `prefix` off the front of `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes a decimal number off the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// As take_number(), but only when `prefix` and then a digit are in front.
std::optional<int> take_number_after(std::string_view& text, std::string_view prefix) {
  std::string_view rest = text;
  if (!take(rest, prefix)) return std::nullopt;
  const std::optional<int> number = take_number(rest);
  if (number) text = rest;
  return number;
}

/// Takes "X.Y", "X.Y.Z", "X.Y-rcN", "X.Y.Z-rcN" (Debian writes ~rcN) off the front of `text`.
std::optional<KernelVersion> take_version(std::string_view& text) {
  const std::optional<int> major = take_number(text);
  if (!major) return std::nullopt;
  const std::optional<int> minor = take_number_after(text, ".");
  if (!minor) return std::nullopt;
  KernelVersion version{*major, *minor, 0, std::nullopt};
  version.patch = take_number_after(text, ".").value_or(0);
  version.candidate = take_number_after(text, "-rc");
  if (!version.candidate) version.candidate = take_number_after(text, "~rc");
  return version;
}

/// "Ubuntu 6.8.0-111.111-generic 6.8.12": the last word.
std::optional<KernelVersion> from_signature(std::string_view signature) {
  const std::size_t last = signature.find_last_not_of(kSpace);
  if (last == std::string_view::npos) return std::nullopt;
  signature = signature.substr(0, last + 1);
  const std::size_t space = signature.find_last_of(kSpace);
  if (space == std::string_view::npos) return std::nullopt;
  return parse_kernel_version(signature.substr(space + 1));
}

/// "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-01)"; Raspberry Pi has an epoch: "Debian
/// 1:6.6".
std::optional<KernelVersion> from_debian(std::string_view version) {
  const std::size_t at = version.find(kDebian);
  if (at == std::string_view::npos) return std::nullopt;
  version.remove_prefix(at + kDebian.size());
  std::string_view without_epoch = version;
  if (take_number(without_epoch) && take(without_epoch, ":")) version = without_epoch;
  return take_version(version);
}

/// "-00012-g1234abcd", what scripts/setlocalversion appends between two tags.
bool is_git_suffix(std::string_view rest) {
  return rest.size() > kCommitDigits + 3 && rest.substr(kCommitDigits + 1, 2) == "-g" &&
         std::all_of(rest.begin() + 1, rest.begin() + 1 + kCommitDigits, is_digit);
}

std::optional<KernelVersion> from_release(std::string_view release) {
  std::string_view rest = release;
  const std::optional<KernelVersion> version = take_version(rest);
  if (!version) return std::nullopt;
  const bool numbered = rest.size() > 1 && rest[0] == '-' && is_digit(rest[1]);
  const bool frozen = version->patch == 0 && !version->candidate && numbered;
  if (frozen && !is_git_suffix(rest)) return std::nullopt;
  return version;
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
  const std::optional<KernelVersion> version = take_version(text);
  return text.empty() ? version : std::nullopt;
}

std::optional<KernelVersion> upstream_version(std::string_view release, std::string_view version,
                                              std::string_view signature) {
  if (const auto found = from_signature(signature)) return found;
  if (const auto found = from_debian(version)) return found;
  return from_release(release);
}

}  // namespace hangrate
