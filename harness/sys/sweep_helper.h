// SPDX-License-Identifier: GPL-2.0-or-later
//
// The steps of a sweep. They may wait in the kernel: for the helper process of sys/sweep.cpp only.
#pragma once

#include <set>
#include <string>

#include "harness/sys/sweep.h"

namespace hangrate {

/// One record nobody owns, locked by us.
struct Orphan {
  std::string mark;
  std::string path;
  UniqueFd lock;
  FoundRecord record;
};

/// The orphans of a folder; counts those that are owned and says what cannot be looked at.
std::vector<Orphan> take_orphans(const std::string& folder, SweepReport& report);

/// Aborts its connections, kills what is in its cgroup and removes that. Returns at `deadline` at
/// the latest, and says what is left.
void free_tasks(const Orphan& orphan, Nanos deadline, SweepReport& report);

/// Unmounts, in this mount namespace, and removes its folders below `temporary`.
void remove_files(const Orphan& orphan, const std::string& temporary, SweepReport& report);

}  // namespace hangrate
