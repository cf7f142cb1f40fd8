// SPDX-License-Identifier: GPL-2.0-or-later
//
// A known bug that something seen looks like, in sentences: what is claimed of it and what is not.
// Not escaped.
#pragma once

#include <string>
#include <vector>

#include "harness/waits/diagnosis.h"

namespace hangrate {

/// The first one names it; then the kernels, this kernel, the history, what frees it.
std::vector<std::string> known_bug_lines(const KnownBug& bug);

/// How full the pipes are that a proof is about: "pipe:[77] holds 4096 of 65536 bytes (16 slots)".
std::vector<std::string> pipe_fill_lines(const WaitProof& proof, const std::vector<PipeFill>& all);

}  // namespace hangrate
