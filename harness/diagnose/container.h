// SPDX-License-Identifier: GPL-2.0-or-later
//
// find_container(): where the cgroup of a container is.
#pragma once

#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"

namespace hangrate {

/// The cgroup folder of the container that `wanted` names: its id, a beginning of it that no other
/// has, or its name where the runtime makes its cgroup of that. Read by a helper that is lost after
/// `limit`; call it from the main thread. Usage error: none or several, with those there are.
Result<std::string> find_container(const std::string& wanted, Nanos limit);

}  // namespace hangrate
