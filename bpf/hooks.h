// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hooks: which programs can serve one, under which kernel names, best way first. Those of
// followed calls come from the table of calls (harness/model/traced_calls.def). Data only;
// programs.h acts on it.
#pragma once

#include <string>
#include <vector>

namespace hangrate {

enum class HookHow {
  Tracepoint,  ///< typed raw tracepoint
  Fentry,      ///< trampoline at entry and return of a function
  Kprobe,      ///< kprobe and kretprobe
  Syscall,     ///< typed raw tracepoints of all system calls
};

struct HookWay {
  HookHow how = HookHow::Fentry;
  std::string enter = {};                 ///< program
  std::string leave = {};                 ///< program at return, "" = none
  std::vector<std::string> targets = {};  ///< kernel names, newest first
};

struct HookPlan {
  std::string probe = {};
  std::string hook = {};
  std::vector<HookWay> ways = {};
};

std::vector<HookPlan> hook_plans();

const char* hook_how_name(HookHow how);

}  // namespace hangrate
