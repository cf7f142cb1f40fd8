// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leftovers: what a trial may leave on the machine when its worker is gone, and how it is got rid
// of. Private to run/.
#pragma once

#include <vector>

#include <sys/types.h>

#include "harness/run/seat.h"

namespace hangrate {

/// Victims no rung could free. Killing their worker frees most; those that are still there after a
/// while are counted, so that a run does not fill the machine with them.
class Leftovers {
 public:
  void suspect(const Observation& abandoned);
  /// How many are alive `kGrace` after they were given up. Forgets those that ended.
  int alive(Nanos now);

  static constexpr Nanos kGrace = 2 * kSecond;

 private:
  struct Suspect {
    pid_t pid;
    UniqueFd process;
    Nanos since;
  };
  std::vector<Suspect> suspects_;
};

/// Aborts the FUSE connections of dying workers. A killed worker takes its trial's processes with
/// it, but one that waits for a FUSE reply only ends when its connection is aborted, which its
/// worker can do no more.
void abort_orphaned_connections(Seats& seats, ProcReader& reader);

}  // namespace hangrate
