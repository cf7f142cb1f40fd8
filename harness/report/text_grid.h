// SPDX-License-Identifier: GPL-2.0-or-later
//
// Columns and colours of a terminal. For the text reports only.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/cell_verdict.h"

namespace hangrate {

using TextRow = std::vector<std::string>;

/// Cells in columns two blanks apart; `right` says for each column whether it is set flush right.
/// Colours take no room.
std::string aligned(const std::vector<TextRow>& rows, const std::vector<bool>& right);

std::string bold(const std::string& text, bool colour);
/// Green as expected, red unexpected, yellow no answer.
std::string painted(const std::string& text, int exit_code, bool colour);
std::string warning(const std::string& text, bool colour);

}  // namespace hangrate
