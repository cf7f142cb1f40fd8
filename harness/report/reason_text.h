// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of a Reason. Not escaped: whoever prints it does that.
#pragma once

#include <string>

#include "harness/model/reason.h"

namespace hangrate {

std::string reason_text(const Reason& reason);

}  // namespace hangrate
