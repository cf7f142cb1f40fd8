// SPDX-License-Identifier: GPL-2.0-or-later
//
// classify: an Observation and the variant it is of become a Verdict. Pure and deterministic, so
// that an old journal can be judged again. A timeout never decides alone: without proof of
// motionlessness the verdict is Inconclusive.
#pragma once

#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate {

Verdict classify(const Observation& observation, const Variant& variant);

}  // namespace hangrate
