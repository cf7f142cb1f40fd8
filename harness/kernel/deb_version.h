// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of two versions of a Debian package is the newer one: deb-version(7). Pure.
#pragma once

#include <string_view>

namespace hangrate {

/// Below 0 if `a` is older than `b`, 0 if they are equal, above 0 if it is newer. "7.3~rc5" is
/// older than "7.3".
int compare_deb_versions(std::string_view a, std::string_view b);

}  // namespace hangrate
