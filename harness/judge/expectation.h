// SPDX-License-Identifier: GPL-2.0-or-later
//
// Expectation: what a variant should show on a kernel, before anything ran, and who says so. Used
// by the reports. Pure; it never looks at a result.
#pragma once

#include <string>

#include "harness/judge/kernel_identity.h"
#include "harness/model/manifest.h"
#include "harness/model/stated_expectation.h"

namespace hangrate {

enum class Expectation {
  Affected,     ///< the kernel has the bug: hits
  Fixed,        ///< the kernel does not have the bug (not yet, or not any more): no hits
  AlwaysHangs,  ///< positive control
  NeverHangs,   ///< negative control
  Lookalike,    ///< control that hangs in another way
  Measures,     ///< measures something, hangs nowhere
  Unknown,      ///< the kernel's version or the affected ranges do not tell
};

enum class ExpectationSource {
  Manifest,     ///< a control, or the affected ranges
  VendorRange,  ///< a range of this vendor's releases
  Reverted,     ///< the kernel was built without the fix
  Stated,       ///< whoever started the run said so
};

struct Expected {
  Expectation value = Expectation::Unknown;
  ExpectationSource source = ExpectationSource::Manifest;
  std::string because;  ///< the reason stated, the vendor's source, why it is unknown; else ""
  bool operator==(const Expected&) const = default;
};

/// The first that decides: what is `stated`, a fix that was `reverted`, a VendorRange, an
/// AffectedRange. A control is one whatever they say.
///
/// Affected ranges are half-open by upstream version, [from, to), "" = open end. A bound without a
/// candidate starts with its first one, "6.8" with 6.8-rc1 and "6.7.3" with 6.7.3-rc1: what a
/// release has came in during its merge window or lay in the queue its candidates were made of.
/// What came later says so: "6.8-rc5".
///
/// A kernel that is its base exactly is Affected inside a range, else Fixed. One that is at least
/// its base is Fixed only if every range ends at or before the base, and Affected only if the base
/// lies in a range without an end: there is no fix that could have been backported. Everything else
/// is Unknown, and so is every kernel without a base unless a range is open at both ends. No
/// ranges, or one that cannot be read: Unknown. So is a kernel that is inside of a range marked
/// unknown, or may be: that counts before the other ranges.
Expected expectation_of(const Manifest& manifest, const Variant& variant,
                        const KernelIdentity& kernel, bool reverted = false,
                        const StatedExpectation* stated = nullptr);

/// What is wrong with a range of a manifest: a vendor nobody knows, a bound that cannot be read, no
/// source, no reason to be unknown. "" if it can be used.
std::string fault_of(const AffectedRange& range);
std::string fault_of(const VendorRange& range);

const char* expectation_name(Expectation expectation);
const char* expectation_source_name(ExpectationSource source);

}  // namespace hangrate
