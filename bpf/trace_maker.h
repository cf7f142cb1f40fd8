// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the raw events of all CPUs to the Trace of one trial: which tasks belong to it, in order of
// time, with the stacks where they belong. Pure.
#pragma once

#include <vector>

#include "bpf/recorder.h"
#include "bpf/ring_reader.h"
#include "bpf/stack_text.h"

namespace hangrate {

struct TraceParts {
  SnapshotRequest request;
  std::uint16_t root = 0;  ///< number of request.root in the slots
  RingRead read = {};
  std::vector<TaskStack> stacks = {};  ///< of tasks that slept at `stacks_at` or later
  Nanos stacks_at = 0;
  std::vector<Mapping> layout = {};  ///< of the root
};

Trace make_trace(TraceParts parts);

}  // namespace hangrate
