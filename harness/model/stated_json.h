// SPDX-License-Identifier: GPL-2.0-or-later
//
// StatedExpectation as JSON, for the .cpp files that keep one.
#pragma once

#include "harness/model/json_fields.h"
#include "harness/model/stated_expectation.h"

namespace hangrate {

NLOHMANN_JSON_SERIALIZE_ENUM(StatedWord, {{StatedWord::Unknown, "unknown"},
                                          {StatedWord::Affected, "affected"},
                                          {StatedWord::Fixed, "fixed"}})
HR_JSON(StatedExpectation, value, because)

}  // namespace hangrate
