// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelIdentity: what uname(2) and /proc/version_signature say a kernel is made of, and how much
// that proves. A vendor's tree has its base and more: fixes that no number of its version tells, or
// bugs that came with a feature. Pure; who calls it reads the strings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/kernel_version.h"

namespace hangrate {

enum class Certainty {
  None,     ///< nothing can be read
  AtLeast,  ///< all of the base, and unknown more
  Exact,    ///< the base; what was added is local to that build, or the packaging
};

struct KernelIdentity {
  std::optional<KernelVersion> base;  ///< of upstream; unset if, and only if, the certainty is None
  Certainty certainty = Certainty::None;
  std::string vendor;  ///< one of vendor_names(), "" = not told
  /// For VendorRange: what the release begins with (Ubuntu's 6.5.0 where the base is 6.5.13), the
  /// numbers behind it, and its last word.
  std::optional<KernelVersion> series;
  std::vector<int> numbers;
  std::string flavour;
  std::string hint;  ///< unless Exact: why not, and how to say what is expected; one sentence
};

/// `release` and `version` are the fields of uname(2) (`uname -r`, `uname -v`), `signature` the
/// text of /proc/version_signature, "" if there is none.
///
/// Ubuntu's signature and Debian's `uname -v` name the upstream version, where the release has a
/// frozen "6.1.0-50". Without them X.Y.Z-<number> is a vendor's tree, AtLeast, unless that vendor
/// is known to build plain releases.
KernelIdentity identify_kernel(std::string_view release, std::string_view version = {},
                               std::string_view signature = {});

/// Every vendor that identify_kernel() can name. Rebuilds of Red Hat's kernels are "rhel".
std::span<const std::string_view> vendor_names();

/// "exact", "at-least", "none"
const char* certainty_name(Certainty certainty);

/// "6.1.176", "6.8.12 or later", "" if there is no base.
std::string to_string(const KernelIdentity& identity);

}  // namespace hangrate
