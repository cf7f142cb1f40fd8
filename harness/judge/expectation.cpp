// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/expectation.h"

#include <string>

namespace hangrate {
namespace {

enum class Membership { Inside, Outside, Unknown };

/// A version of a manifest as the first kernel it means: without a candidate its first one, since
/// X.Y-rcN sorts before X.Y.
std::optional<KernelVersion> bound(const std::string& text) {
  std::optional<KernelVersion> version = parse_kernel_version(text);
  if (version && !version->candidate) version->candidate = 1;
  return version;
}

Membership membership(const AffectedRange& range, const std::optional<KernelVersion>& kernel) {
  const std::optional<KernelVersion> from = bound(range.from);
  const std::optional<KernelVersion> to = bound(range.to);
  if ((!range.from.empty() && !from) || (!range.to.empty() && !to)) return Membership::Unknown;
  if (!from && !to) return Membership::Inside;
  if (!kernel) return Membership::Unknown;
  const bool inside = (!from || *kernel >= *from) && (!to || *kernel < *to);
  return inside ? Membership::Inside : Membership::Outside;
}

Expectation by_ranges(const Manifest& manifest, const std::optional<KernelVersion>& kernel) {
  bool unknown = manifest.affected.empty();
  for (const AffectedRange& range : manifest.affected) {
    const Membership found = membership(range, kernel);
    if (found == Membership::Inside) return Expectation::Affected;
    if (found == Membership::Unknown) unknown = true;
  }
  return unknown ? Expectation::Unknown : Expectation::Fixed;
}

}  // namespace

Expectation expectation_of(const Manifest& manifest, const Variant& variant,
                           const std::optional<KernelVersion>& kernel) {
  switch (variant.expect) {
    case Expect::Affected:
      return by_ranges(manifest, kernel);
    case Expect::Always:
      return Expectation::AlwaysHangs;
    case Expect::Never:
      return Expectation::NeverHangs;
    case Expect::Lookalike:
      return Expectation::Lookalike;
    case Expect::Measure:
      return Expectation::Measures;
  }
  return Expectation::Unknown;
}

const char* expectation_name(Expectation expectation) {
  switch (expectation) {
    case Expectation::Affected:
      return "affected";
    case Expectation::Fixed:
      return "fixed";
    case Expectation::AlwaysHangs:
      return "always-hangs";
    case Expectation::NeverHangs:
      return "never-hangs";
    case Expectation::Lookalike:
      return "lookalike";
    case Expectation::Measures:
      return "measures";
    case Expectation::Unknown:
      return "unknown";
  }
  return "?";
}

}  // namespace hangrate
