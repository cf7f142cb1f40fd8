// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelVersion: a version of upstream Linux. Used to look up what a kernel is expected to do; what
// a running kernel is made of is for kernel_identity.h. Pure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace hangrate {

struct KernelVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::optional<int> candidate;  ///< N of -rcN
  bool operator==(const KernelVersion&) const = default;
};

/// A release candidate sorts before its release: 6.7.12 < 6.8.0-rc1 < 6.8.0-rc2 < 6.8.0.
std::strong_ordering operator<=>(const KernelVersion& a, const KernelVersion& b);

/// "6.1.176", "6.8.0-rc1"
std::string to_string(const KernelVersion& version);

/// A version as a manifest writes it and nothing else: "5.5", "6.1.176", "6.8-rc1".
std::optional<KernelVersion> parse_kernel_version(std::string_view text);

/// Takes "X.Y", "X.Y.Z", "X.Y-rcN", "X.Y.Z-rcN" (Debian writes ~rcN) off the front of `text`, which
/// stays as it is if there is none.
std::optional<KernelVersion> take_kernel_version(std::string_view& text);

/// Takes a decimal number off the front of `text`.
std::optional<int> take_number(std::string_view& text);

}  // namespace hangrate
