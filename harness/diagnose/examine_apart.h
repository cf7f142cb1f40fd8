// SPDX-License-Identifier: GPL-2.0-or-later
//
// examine() in a process of its own: a read of a wedged task may never come back, and must not take
// its caller with it.
#pragma once

#include "harness/base/error.h"
#include "harness/diagnose/examine.h"

namespace hangrate {

/// A look whose reader stays where it is for `limit` is lost; the next one leaves out the process
/// that it was at, and takes it for one that may hold anything. An error: too many block, they take
/// too long in all, or none could begin.
/// Call it from the main thread. `blocking` is given the processes that were left out.
Result<Diagnosis> examine_apart(ExamineOptions options, Nanos limit,
                                std::set<int>* blocking = nullptr);

}  // namespace hangrate
