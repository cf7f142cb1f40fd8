// SPDX-License-Identifier: GPL-2.0-or-later
//
// The KTAP of one kernel as lines: a report of its own, or indented a subtest of a matrix.
#pragma once

#include <string>
#include <vector>

#include "harness/report/summary.h"

namespace hangrate {

/// A test that failed beside the cells; `why` is its directive.
struct KtapFailure {
  std::string name;
  std::string why;
};

std::vector<std::string> ktap_lines(const Summary& summary,
                                    const std::vector<KtapFailure>& failures = {});

/// Text that can stand in a test name or a reason: one line without '#'.
std::string ktap_line(const std::string& text);

}  // namespace hangrate
