// SPDX-License-Identifier: GPL-2.0-or-later
//
// TaskMotion: has a task run between two looks? The cheapest thing to know of it.
#pragma once

#include <cstdint>
#include <map>

#include "harness/base/clock.h"

namespace hangrate {

struct TaskMotion {
  int pid = 0;
  std::uint64_t times = 0;  ///< how often it got a CPU
  Nanos ran = 0;            ///< for how long, in all; 0 where the kernel does not count it
  bool operator==(const TaskMotion&) const = default;
};
using TaskMotions = std::map<int, TaskMotion>;  ///< by tid

}  // namespace hangrate
