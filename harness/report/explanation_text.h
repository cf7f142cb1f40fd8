// SPDX-License-Identifier: GPL-2.0-or-later
//
// An Explanation as lines of text, the same wherever a hit's proof is shown. Not escaped: whoever
// prints it does that. Deterministic: only the explanation decides.
#pragma once

#include <string>
#include <vector>

#include "harness/classify/explanation.h"

namespace hangrate {

/// Cause or the lack of one, timeline, wait-for chain, limits. "[3 7]" after a statement are the
/// events that show it, by the numbers of the timeline. Empty for an empty explanation. No line is
/// longer than 76 columns, unless a word is.
std::vector<std::string> explanation_lines(const Explanation& explanation);

/// The statements of a cause in one sentence.
std::string paragraph_of(const Cause& cause);

}  // namespace hangrate
