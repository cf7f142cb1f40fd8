// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stacks as text: what the task iterator prints, and user addresses by the layout a process had
// when it began to be watched. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/model/trace.h"

namespace hangrate {

struct TaskStack {
  TraceTask task;                        ///< without its role
  std::vector<std::string> frames = {};  ///< innermost first, without the scheduler's own
};

/// "task TID PID COMM" and below it one "function+0x12/0x34" a line; COMM may hold anything.
std::vector<TaskStack> parse_task_stacks(std::string_view text);

struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;
  std::string name;
};

/// Executable mappings of /proc/PID/maps.
std::vector<Mapping> parse_layout(std::string_view maps);

/// "program+0x12ab", the offset being that in the file; the bare address if no mapping has it.
std::string name_address(const std::vector<Mapping>& layout, std::uint64_t address);

}  // namespace hangrate
