// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/expectation.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

Membership membership(const AffectedRange& range, const KernelIdentity& kernel) {
  const std::optional<KernelVersion> from = bound(range.from);
  const std::optional<KernelVersion> to = bound(range.to);
  if ((!range.from.empty() && !from) || (!range.to.empty() && !to)) return Membership::Unknown;
  if (!from && !to) return Membership::Inside;
  if (!kernel.base) return Membership::Unknown;
  const KernelVersion& base = *kernel.base;
  const bool inside = (!from || base >= *from) && (!to || base < *to);
  if (kernel.certainty == Certainty::Exact) {
    return inside ? Membership::Inside : Membership::Outside;
  }
  // The fix may be among what the base does not tell, and so may what brought the bug.
  if (inside && !to) return Membership::Inside;
  return to && *to <= base ? Membership::Outside : Membership::Unknown;
}

/// Inside any is affected, outside of all is fixed.
Expectation combined(const std::vector<Membership>& found) {
  bool unknown = found.empty();
  for (const Membership one : found) {
    if (one == Membership::Inside) return Expectation::Affected;
    if (one == Membership::Unknown) unknown = true;
  }
  return unknown ? Expectation::Unknown : Expectation::Fixed;
}

Expected by_ranges(const Manifest& manifest, const KernelIdentity& kernel) {
  std::vector<Membership> found;
  Expected expected;
  bool excepted = false;
  for (const AffectedRange& range : manifest.affected) {
    const Membership one = membership(range, kernel);
    found.push_back(one);
    if (!range.unknown || one == Membership::Outside) continue;
    excepted = true;
    if (one == Membership::Inside) expected.because = range.note;
  }
  if (!excepted) expected.value = combined(found);
  if (expected.value != Expectation::Unknown || !expected.because.empty()) return expected;
  expected.because =
      manifest.affected.empty() ? manifest.name + " names no affected versions" : kernel.hint;
  return expected;
}

/// "1017.20"; nothing if it is anything else.
std::optional<std::vector<int>> parse_numbers(std::string_view text) {
  std::vector<int> numbers;
  for (;;) {
    const std::optional<int> number = take_number(text);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    if (text.empty()) return numbers;
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
  }
}

/// Is `numbers` below `bound`? Unknown if it breaks off before they differ: 1017 and 1017.20.
std::optional<bool> is_below(const std::vector<int>& numbers, const std::vector<int>& bound) {
  for (std::size_t i = 0; i < bound.size(); ++i) {
    if (i == numbers.size()) return std::nullopt;
    if (numbers[i] != bound[i]) return numbers[i] < bound[i];
  }
  return false;
}

Membership membership(const VendorRange& range, const KernelIdentity& kernel) {
  const auto from = parse_numbers(range.from);
  const auto to = parse_numbers(range.to);
  if ((!range.from.empty() && !from) || (!range.to.empty() && !to)) return Membership::Unknown;
  if (from) {
    const std::optional<bool> before = is_below(kernel.numbers, *from);
    if (!before) return Membership::Unknown;
    if (*before) return Membership::Outside;
  }
  if (!to) return Membership::Inside;
  const std::optional<bool> before = is_below(kernel.numbers, *to);
  if (!before) return Membership::Unknown;
  return *before ? Membership::Inside : Membership::Outside;
}

bool is_about(const VendorRange& range, const KernelIdentity& kernel) {
  const auto base = parse_kernel_version(range.base);
  return base && kernel.series == base && kernel.vendor == range.vendor &&
         (range.flavour.empty() || range.flavour == kernel.flavour);
}

/// Nothing if no range is about this kernel, or they do not decide.
std::optional<Expected> by_vendor(const Manifest& manifest, const KernelIdentity& kernel) {
  std::vector<Membership> found;
  std::string source;
  for (const VendorRange& range : manifest.vendor_affected) {
    if (!is_about(range, kernel)) continue;
    found.push_back(membership(range, kernel));
    if (source.empty() || found.back() == Membership::Inside) source = range.source;
  }
  const Expectation value = combined(found);
  if (value == Expectation::Unknown) return std::nullopt;
  return Expected{value, ExpectationSource::VendorRange, source};
}

Expectation value_of(StatedWord word) {
  switch (word) {
    case StatedWord::Unknown:
      return Expectation::Unknown;
    case StatedWord::Affected:
      return Expectation::Affected;
    case StatedWord::Fixed:
      return Expectation::Fixed;
  }
  return Expectation::Unknown;
}

Expected of_kernel(const Manifest& manifest, const KernelIdentity& kernel, bool reverted,
                   const StatedExpectation* stated) {
  if (stated != nullptr) {
    return {value_of(stated->value), ExpectationSource::Stated, stated->because};
  }
  if (reverted) {
    return {Expectation::Affected, ExpectationSource::Reverted, "built without the fix"};
  }
  if (auto found = by_vendor(manifest, kernel)) return *found;
  return by_ranges(manifest, kernel);
}

}  // namespace

Expected expectation_of(const Manifest& manifest, const Variant& variant,
                        const KernelIdentity& kernel, bool reverted,
                        const StatedExpectation* stated) {
  const auto control = [](Expectation value) {
    return Expected{value, ExpectationSource::Manifest, ""};
  };
  switch (variant.expect) {
    case Expect::Affected:
      return of_kernel(manifest, kernel, reverted, stated);
    case Expect::Always:
      return control(Expectation::AlwaysHangs);
    case Expect::Never:
      return control(Expectation::NeverHangs);
    case Expect::Lookalike:
      return control(Expectation::Lookalike);
    case Expect::Measure:
      return control(Expectation::Measures);
  }
  return {};
}

std::string fault_of(const AffectedRange& range) {
  for (const std::string& end : {range.from, range.to}) {
    if (!end.empty() && !parse_kernel_version(end)) return "no version is " + end;
  }
  const auto from = bound(range.from);
  const auto to = bound(range.to);
  if (from && to && *from >= *to) {
    return "no kernel is from " + range.from + " to before " + range.to +
           ", which begins with -rc1";
  }
  return range.unknown && range.note.empty() ? "an unknown range says in its note why it is one"
                                             : "";
}

std::string fault_of(const VendorRange& range) {
  const auto vendors = vendor_names();
  if (std::find(vendors.begin(), vendors.end(), range.vendor) == vendors.end()) {
    return "no vendor is called \"" + range.vendor + "\"";
  }
  if (!parse_kernel_version(range.base)) return "base \"" + range.base + "\" is no version";
  for (const std::string& end : {range.from, range.to}) {
    if (!end.empty() && !parse_numbers(end)) return "\"" + end + "\" is no number like 1017.20";
  }
  return range.source.empty() ? "it names no source" : "";
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

const char* expectation_source_name(ExpectationSource source) {
  switch (source) {
    case ExpectationSource::Manifest:
      return "manifest";
    case ExpectationSource::VendorRange:
      return "vendor-range";
    case ExpectationSource::Reverted:
      return "reverted";
    case ExpectationSource::Stated:
      return "stated";
  }
  return "?";
}

}  // namespace hangrate
