// SPDX-License-Identifier: GPL-2.0-or-later
//
// Exit codes of hangrate.
#pragma once

namespace hangrate {

inline constexpr int kExitAsExpected = 0;
inline constexpr int kExitUnexpected = 1;  // = KSFT_FAIL
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInfrastructure = 3;
inline constexpr int kExitNothingRan = 4;     // = KSFT_SKIP
inline constexpr int kExitInterrupted = 130;  // 128 + SIGINT

inline constexpr const char* kExitCodeHelp =
    "Exit codes: 0 as expected, 1 unexpected (affected and clean with power, fixed and hit,\n"
    "another hang, a control that broke), 2 usage, 3 no answer (too few trials to say clean,\n"
    "a kernel nobody knows, a stuck trial, a failed machine), 4 nothing could run,\n"
    "130 interrupted.";

}  // namespace hangrate
