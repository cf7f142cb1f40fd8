// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small files as text. For configuration and kernel facts, never for /proc of a possible victim.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

/// The whole file, nullopt with errno set if it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// The first line without its newline, "" if unreadable.
std::string first_line(const std::string& path);

/// Writes `text` so that `path` holds either all of it or what it held before: temporary file in
/// the same folder, fsync, rename.
Result<void> write_file_atomically(const std::string& path, std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string trimmed(std::string_view text);

}  // namespace hangrate
