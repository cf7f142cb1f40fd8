// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace hangrate {

/// "0.1.0 (abc1234)": version and commit of this build.
std::string version_text();

}  // namespace hangrate
