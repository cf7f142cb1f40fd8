// SPDX-License-Identifier: GPL-2.0-or-later
//
// add_unmoved(): looks a second time at tasks that sleep uninterruptibly for no reason that is
// seen, and tells those that have not moved.
#pragma once

#include <set>

#include "harness/diagnose/examine.h"
#include "harness/waits/diagnosis.h"

namespace hangrate {

/// How long a task has to be in state D, without a context switch, to be told. I/O may take as
/// long: it is stuck, and no proof.
inline constexpr Nanos kUnmovedFor = 2 * kSecond;

/// Of `diagnosis.unmoved`, which is empty afterwards, and of the processes of `blocking` in the
/// scope, whose files blocked a reader: of these only status is read, which takes no lock of
/// theirs, and each is told. Takes kUnmovedFor if there are any. In a process of its own; call it
/// from the main thread.
void add_unmoved(const ExamineScope& scope, const std::set<int>& blocking, Diagnosis& diagnosis);

}  // namespace hangrate
