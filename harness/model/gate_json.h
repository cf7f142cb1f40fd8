// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gate and LoadFact as JSON, for the .cpp files that keep one.
#pragma once

#include "harness/model/gate.h"
#include "harness/model/json_fields.h"
#include "harness/model/load.h"

namespace hangrate {

NLOHMANN_JSON_SERIALIZE_ENUM(PowerOver, {{PowerOver::Run, "run"}, {PowerOver::Boots, "boots"}})
HR_JSON(Gate, weak_ok, fail_skip, fail_weak, fail_stuck, require, power)
HR_JSON(LoadFact, queue, busy, steal)

}  // namespace hangrate
