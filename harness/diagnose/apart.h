// SPDX-License-Identifier: GPL-2.0-or-later
//
// told_apart(): asks a process of its own, which may be lost in a read of a wedged task.
#pragma once

#include <functional>
#include <optional>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/model/json.h"

namespace hangrate {

/// What `look` returned. nullopt: it did not end within `limit`; its process is killed, which may
/// not end it. An error: it could not begin, or ended without an answer. Call it from the main
/// thread.
Result<std::optional<Json>> told_apart(const char* name, Nanos limit,
                                       const std::function<Json()>& look);

}  // namespace hangrate
