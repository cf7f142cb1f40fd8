// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the tests of this folder: explains a trace and checks what must be true of any explanation.
#pragma once

#include <string>
#include <vector>

#include "harness/classify/explain.h"

namespace hangrate::testing {

/// Of a proven hang with these victims. Every statement must cite events, in order, that are in the
/// trace and in the timeline.
Explanation explained(const Trace& trace, const std::vector<int>& victims,
                      const Environment& machine = {});

std::vector<std::string> cause_names(const Trace& trace, const std::vector<int>& victims);

/// All it says, a line each.
std::string text_of(const Explanation& explanation);

}  // namespace hangrate::testing
