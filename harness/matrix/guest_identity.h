// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the kernel that a guest runs the one of the image it was started from? Pure.
#pragma once

#include <string>

#include "harness/matrix/kernel_source.h"
#include "harness/model/json.h"

namespace hangrate {

/// Why the kernel that `hello` (the first line of a guest's init) tells of is not `image`: what was
/// expected and what was found. "" if all that both tell of is the same; a guest that does not tell
/// its release is another one.
std::string identity_mismatch(const BootableKernel& image, const Json& hello);

/// What could not be compared, for the reader of the results; "" if all was.
std::string identity_gap(const BootableKernel& image, const Json& hello);

}  // namespace hangrate
