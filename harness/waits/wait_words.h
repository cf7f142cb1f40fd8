// SPDX-License-Identifier: GPL-2.0-or-later
//
// A wait in words, for people.
#pragma once

#include <set>
#include <string>

#include "harness/waits/diagnosis.h"
#include "harness/waits/wait.h"

namespace hangrate {

TaskRef ref_of(const TaskSample& task);
/// "gpg[12]", with its thread if that is not the first: "gpg[12/15]".
std::string name_of(const TaskSample& task);
std::string name_of(const TaskRef& task);
/// Of tasks by tid, of processes by pid: "a[1] and b[2]"; at most four of them.
std::string names_of(const std::set<int>& ids, const Snapshot& seen,
                     const std::string& last = " and ");

/// "there is room in pipe:[77]": what would end the wait.
std::string need_words(const Need& need);
/// "gpg[12] sleeps in write (pipe_write) until there is room in pipe:[77]".
std::string wait_words(const SeenTask& task, const Wait& wait);
/// "there is room in pipe:[77]": of a need that is met.
std::string ready_words(const Need& need);

/// Is it frozen or stopped for the moment, whatever its state says? (kernel/freezer.c
/// __refrigerator(), kernel/signal.c do_freezer_trap() and do_signal_stop(), v5.10 to v7.2.)
bool is_frozen(const TaskSample& task);

}  // namespace hangrate
