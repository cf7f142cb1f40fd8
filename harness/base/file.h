// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small files as text. For configuration and kernel facts, never for /proc of a possible victim.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/output.h"  // for write_file_atomically()

namespace hangrate {

/// The whole file, nullopt if it cannot be read, is not regular or beyond kLargestFile (input.h).
std::optional<std::string> read_file(const std::string& path);

/// Is there a regular file, or a link to one?
bool is_file(const std::string& path);

/// Is there anything? What cannot be looked at is: reading it says why.
bool is_there(const std::string& path);

/// The first line without its newline, "" if unreadable.
std::string first_line(const std::string& path);

std::vector<std::string> split(std::string_view text, char separator);
std::string trimmed(std::string_view text);

}  // namespace hangrate
