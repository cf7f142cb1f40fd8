// SPDX-License-Identifier: GPL-2.0-or-later
//
// SHA-256 (by libmd), to name things in the cache by their content. Not for secrets.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace hangrate {

/// As 64 hex digits.
std::string sha256(std::string_view bytes);
/// Of a regular file; what is none is a usage error.
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace hangrate
