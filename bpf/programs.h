// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs: chooses a way for each hook, loads what the kernel accepts and attaches it. A program
// that is refused is left out, with the reason, and the rest is loaded again without it.
// Used by recorder.cpp only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "bpf/common/slot.h"
#include "bpf/hooks.h"
#include "bpf/kernel_names.h"
#include "bpf/recorder.h"

struct bpf_link;
struct bpf_map;
struct bpf_object;
struct bpf_program;

namespace hangrate {

/// Geometry of the maps and what the verifier is told.
struct ProgramSetup {
  std::uint32_t cpus = 1;
  std::uint32_t slots = 1;   ///< of a CPU's main ring, a power of two
  std::uint32_t stride = 1;  ///< slots from one CPU's to the next one's
  std::uint32_t tasks = 1;   ///< places, a power of two
  std::uint64_t secret = 1;
  bool has_fetch = true;  ///< v5.12 and later
  bool may_read = true;   ///< bpf_probe_read_kernel() is allowed
  bool has_kprobes = true;
  /// Below a function with a kretprobe /proc/PID/stack ends, and with it the proof of a hang,
  /// before "x86/unwind: Recover kretprobe trampoline entry" (v5.16).
  bool has_kretprobes = true;
  bool user_stacks = true;
  std::set<std::string> probes = {};  ///< empty = all
  std::set<std::string> without = {};
};

struct LinkCloser {
  void operator()(bpf_link* link) const;
};
struct ObjectCloser {
  void operator()(bpf_object* object) const;
};
using LinkPtr = std::unique_ptr<bpf_link, LinkCloser>;
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

/// Its members are closed in reverse: programs are detached before their maps go.
struct Programs {
  ObjectPtr object;
  std::vector<HookStatus> hooks;
  std::vector<LinkPtr> links;
  std::vector<int> program_fds;              ///< of what is attached; owned by object
  std::vector<int> scheduler_fds = {};       ///< of them, those of task_block
  LinkPtr stacks;                            ///< the task iterator, if the kernel has it
  std::optional<std::uint32_t> wanted_root;  ///< where hr_wanted_root lies in .bss

  void detach() {
    stacks.reset();
    links.clear();
  }
};

Result<Programs> load_programs(const ProgramSetup& setup, std::span<const std::byte> image);

}  // namespace hangrate
