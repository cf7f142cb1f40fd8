// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of a machine's load. Pure.
#pragma once

#include <string>

#include "harness/report/run.h"

namespace hangrate {

/// "1.2 tasks a CPU when it began, 98 % busy, 3 % steal"; "" if nothing is known.
std::string load_text(const LoadFact& load);

/// That the boots of a row ran under different load, which a rate may follow; "" if they did not.
std::string load_note(const Row& row);

}  // namespace hangrate
