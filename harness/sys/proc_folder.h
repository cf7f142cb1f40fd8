// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small reads of /proc. They may block for good on a wedged task: only for a process that can be
// lost.
#pragma once

#include <functional>
#include <string>

namespace hangrate {

/// Calls `take` with every entry of `folder` that is a number. False, with errno: not readable.
bool each_number(const std::string& folder, const std::function<void(int)>& take);
/// Calls `take` with the path of every folder in `folder`.
void each_folder(const std::string& folder, const std::function<void(const std::string&)>& take);
/// Replaces `text` by the file. False, with errno: not readable, or 1 MiB and more.
bool read_proc(const std::string& path, std::string& text);

}  // namespace hangrate
