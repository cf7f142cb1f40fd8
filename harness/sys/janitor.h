// SPDX-License-Identifier: GPL-2.0-or-later
//
// Janitor: a helper process that outlives a supervisor killed by SIGKILL just long enough to free
// what its workers left wedged: workers die with the supervisor (PR_SET_PDEATHSIG), but a FUSE
// victim survives SIGKILL until its connection is aborted.
#pragma once

#include <sys/types.h>

#include "harness/sys/arena.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/run_record.h"

namespace hangrate {

/// It owns the run with the supervisor: nobody sweeps what it still cleans. Starts it; returns its
/// pid or -1 (the run goes on without). The supervisor ends it with SIGKILL.
pid_t start_janitor(Arena& arena, const Cgroup& cgroup, const RunRecord& record);

}  // namespace hangrate
