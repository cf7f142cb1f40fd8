// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON of a Trace: one object per event, fields at their default left out. Reading is checked: an
// unknown kind or call, a wrong type or a number out of range gives an Error that names the event.
#pragma once

#include "harness/base/error.h"
#include "harness/model/json.h"
#include "harness/model/trace.h"

namespace hangrate {

Json to_json_value(const TraceEvent& event);
Json to_json_value(const Trace& trace);
Result<Trace> trace_from_json(const Json& json);

}  // namespace hangrate
