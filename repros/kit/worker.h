// SPDX-License-Identifier: GPL-2.0-or-later
//
// The worker: runs leases of trials ordered through a protocol::Slot until it is told to stop.
#pragma once

#include <map>
#include <string>

#include "harness/model/manifest.h"

namespace hangrate::kit {

class WorkerOptions {
 public:
  std::string variant;
  std::map<std::string, std::string> params;  ///< complete and checked
  bool supervised = true;  ///< false: run `trials` in the foreground, a hang simply hangs
  std::uint64_t trials = 1;
  std::uint64_t seed = 0;
};

/// Runs until the supervisor ends it (or `trials` are done). Returns a protocol::kExit* code.
int run_worker(const WorkerOptions& options);

}  // namespace hangrate::kit
