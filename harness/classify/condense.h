// SPDX-License-Identifier: GPL-2.0-or-later
//
// A trial records every call of its tasks, and a child that writes lines makes a thousand before it
// blocks. condense() leaves out the middle of a run of calls that simply came back. Pure; nothing
// that slept, woke, signalled, read from a pipe or changed one is left out.
#pragma once

#include "harness/model/trace.h"

namespace hangrate {

/// Removes the uneventful and counts it in `trace.condensed`.
void condense(Trace& trace);

}  // namespace hangrate
