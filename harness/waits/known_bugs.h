// SPDX-License-Identifier: GPL-2.0-or-later
//
// name_known_bugs(): which of the bugs that reproducers describe have the shape of what was seen.
// It adds names and changes nothing else: what is proven stays as it is. Pure.
#pragma once

#include <vector>

#include "harness/judge/kernel_identity.h"
#include "harness/model/manifest.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// Of each manifest the variant that explains most tasks of a proof, by Variant::shape and
/// signatures; of a task that is only stuck those that are told by their place.
void name_known_bugs(Diagnosis& diagnosis, const std::vector<Manifest>& manifests,
                     const KernelIdentity& kernel);

}  // namespace hangrate
