// SPDX-License-Identifier: GPL-2.0-or-later
//
// TrialTasks: everything that a trial of run-command has started. Orphans come back to us
// (PR_SET_CHILD_SUBREAPER), so that whatever descends from this process is of the trial.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include <sys/types.h>

#include "harness/base/clock.h"

namespace hangrate {

class TrialTasks {
 public:
  /// From now on orphans are ours. False, with errno: not possible.
  static bool adopt_orphans();

  /// Processes that descend from us now.
  static std::set<int> all();
  /// Is each thread of each of them asleep, and is there one?
  static bool all_asleep();
  /// Context switches of every thread of them: two that are equal have stood still between, or
  /// computed all the time on a CPU of their own (then they are not all asleep).
  static std::map<int, std::uint64_t> switches();
  /// SIGKILL to all of them, once.
  static void kill_each();
  /// SIGKILL to all of them, and those they start meanwhile, until none is left. False: one is,
  /// after `limit`.
  static bool kill_all(Nanos limit);
  /// Collects those that ended, but not `main`. True: we have no child left but that.
  static bool reap_but(pid_t main);
};

}  // namespace hangrate
