// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files a user or another machine gives us to read: regular ones only, because a pipe or a device
// may never answer, and none larger than somebody meant it. /proc and /sys count as regular.
#pragma once

#include <cstddef>
#include <string>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// The largest file that is read as a whole: more than any program or kernel module has.
inline constexpr std::size_t kLargestFile = 128u << 20;

/// Opens `path` for reading without waiting for anything. Usage error if it cannot be or is not
/// regular.
Result<UniqueFd> open_input(const std::string& path);

/// The whole file. Usage error beyond `largest` bytes.
Result<std::string> read_input(const std::string& path, std::size_t largest = kLargestFile);

/// "a pipe", "a device": what a file is by the st_mode of stat(2).
std::string kind_of_file(unsigned mode);

}  // namespace hangrate
