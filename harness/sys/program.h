// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace hangrate {

/// Where a program is on the PATH; "" if nowhere.
std::string find_program(const std::string& name);

}  // namespace hangrate
