// SPDX-License-Identifier: GPL-2.0-or-later
//
// The flight recorder of a run: attached before the first trial, with what became of it in the
// header. Without one the run goes on, and the verdicts rest on /proc.
#pragma once

#include <optional>

#include "bpf/recorder.h"

namespace hangrate {

/// Starts what `setup.mode` asks for and writes hooks, time or reason of refusal into `setup`.
std::optional<Recorder> start_recorder(TraceSetup& setup);

}  // namespace hangrate
