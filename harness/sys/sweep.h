// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sweep: removes what runs without an owner have left, by their records: FUSE connections, tasks
// and cgroup, mounts, temporary folders, in this order, then the record. Nothing is acted upon that
// does not bear the mark of a record of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/model/mountinfo.h"
#include "harness/sys/run_record.h"

namespace hangrate {

struct SweepReport {
  int records = 0;  ///< without an owner
  int owned = 0;    ///< of runs in flight: not touched
  int connections = 0;
  int processes = 0;
  int cgroups = 0;
  int mounts = 0;
  int folders = 0;
  std::vector<std::string> left;  ///< what could not be removed or looked at, and why

  bool clean() const { return left.empty(); }
  /// One line: what was swept.
  std::string text() const;
};

/// In an expendable helper that has its own mount namespace with fusectl; after `limit` it is given
/// up, which the report says. Call it while this process has no children.
SweepReport sweep_leftovers(const std::vector<std::string>& folders = record_folders(),
                            Nanos limit = 5 * kSecond);

/// Mounts in mountinfo text whose source is `mark` or begins with `mark` and "-".
std::vector<Mount> find_marked_mounts(std::string_view mountinfo, const std::string& mark);

}  // namespace hangrate
