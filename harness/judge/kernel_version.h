// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelVersion: the upstream version a running kernel is made of, out of what uname(2) says. Used
// to look up what a kernel is expected to do. It never guesses: a vendor's number that only names
// the base of a heavily patched tree gives nullopt. Pure; who calls it reads the strings.
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

/// The upstream version of a running kernel. `release` and `version` are the fields of uname(2)
/// (`uname -r`, `uname -v`), `signature` the text of /proc/version_signature, "" if there is none.
///
/// Ubuntu's signature ends in the upstream version, Debian's `uname -v` holds its package version
/// ("Debian 6.1.176-1"); both win over `release`, where Debian 12 and Ubuntu only put the frozen
/// "6.1.0-50". Without them, a release of the form X.Y.0-<digit> (Debian <= 12, Ubuntu, RHEL, SUSE)
/// is nullopt; a kernel built from a git tree (6.8.0-00012-g1234abcd) counts as its last tag.
std::optional<KernelVersion> upstream_version(std::string_view release,
                                              std::string_view version = {},
                                              std::string_view signature = {});

}  // namespace hangrate
