// SPDX-License-Identifier: GPL-2.0-or-later
//
// Expectation: what a variant should show on a kernel, before anything ran. The only source is the
// manifest. Used by run/, the matrix and the reports. Pure; it never looks at a result.
#pragma once

#include <optional>

#include "harness/judge/kernel_version.h"
#include "harness/model/manifest.h"

namespace hangrate {

enum class Expectation {
  Affected,     ///< the kernel has the bug: hits
  Fixed,        ///< the kernel does not have the bug (not yet, or not any more): no hits
  AlwaysHangs,  ///< positive control
  NeverHangs,   ///< negative control
  Lookalike,    ///< control that hangs in another way
  Measures,     ///< measures something, hangs nowhere
  Unknown,      ///< the kernel's version or the affected ranges are not known
};

/// Affected ranges are half-open by upstream version, [from, to), "" = open end. A bound without a
/// candidate starts with its first one, "6.8" with 6.8-rc1 and "6.7.3" with 6.7.3-rc1: what a
/// release has came in during its merge window or lay in the queue its candidates were made of.
/// What came later says so: "6.8-rc5". A kernel of unknown version is Affected only if a range is
/// open at both ends. No ranges, or one that cannot be read: Unknown.
Expectation expectation_of(const Manifest& manifest, const Variant& variant,
                           const std::optional<KernelVersion>& kernel);

const char* expectation_name(Expectation expectation);

}  // namespace hangrate
