// SPDX-License-Identifier: GPL-2.0-or-later
//
// Long lines for readers of 80 columns. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hangrate {

/// Columns `text` takes: its code points, since a name may hold more bytes than characters.
std::size_t width_of(const std::string& text);

/// `line` in pieces of at most `width` columns, the second and later ones behind `hang` blanks.
/// Breaks at blanks, but neither in the indentation nor in [brackets]; a word too long for a line
/// gets one of its own.
std::vector<std::string> wrapped(const std::string& line, std::size_t width, std::size_t hang);

}  // namespace hangrate
