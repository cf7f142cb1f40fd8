// SPDX-License-Identifier: GPL-2.0-or-later
//
// add_spinning(): looks for tasks that run in the kernel and do not come back from there.
#pragma once

#include "harness/diagnose/examine.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// CPU time in the kernel, in one stay, before a task is told.
inline constexpr Nanos kSpinningFor = 5 * kSecond;

/// In a process of its own. Takes up to a second beside busy tasks, longer (60 s at most)
/// only while one stays in the kernel. `blocking`: processes that are not read. Call it from the
/// main thread.
void add_spinning(const ExamineScope& scope, const std::set<int>& blocking, Diagnosis& diagnosis);

}  // namespace hangrate
