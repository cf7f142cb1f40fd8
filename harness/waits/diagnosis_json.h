// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON of a Diagnosis, for machines and to carry it from one process to another.
#pragma once

#include "harness/model/json.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

Json to_json_value(const Diagnosis& diagnosis);
Result<Diagnosis> diagnosis_from_json(const Json& json);

}  // namespace hangrate
