// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all cells of one engine share: the arena, the helpers, the event descriptors.
// Private to run/.
#pragma once

#include <sys/types.h>

#include "bpf/recorder.h"
#include "harness/cell/slowness.h"
#include "harness/run/engine.h"
#include "harness/sys/arena.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/child.h"
#include "harness/sys/proc_reader.h"
#include "harness/sys/run_record.h"

namespace hangrate {

struct Engine::Parts {
  explicit Parts(Arena arena_)
      : arena(std::move(arena_)),
        record(RunRecord::make()),
        cgroup(Cgroup::make(record.id(),
                            [this](const std::string& path) { record.intend_cgroup(path); })),
        reader("/proc", cgroup.own_threads()) {}

  /// Sleeps until something happened or `deadline` (absolute ns) came.
  void sleep_until(Nanos deadline);
  /// Children that ended since the last call.
  std::vector<ChildEnd> take_ended();

  EngineEvents events;
  CellLimits limits;
  Arena arena;
  RunRecord record;  ///< before all it speaks of, so that it goes last
  Cgroup cgroup;
  ProcReader reader;
  pid_t janitor = -1;
  Recorder* recorder = nullptr;  ///< nullptr: no trial is traced
  TraceSetup trace;
  UniqueFd epoll;
  UniqueFd timer;
  UniqueFd signals;
  std::uint64_t watched_generation = 0;  ///< the /proc reader whose socket epoll knows
  bool interrupted = false;
  bool children_ended = true;
  std::uint64_t next_worker = 1;
  std::uint64_t next_watch = 1;
  Slowness slowness;
};

}  // namespace hangrate
