// SPDX-License-Identifier: GPL-2.0-or-later
//
// Environment: the machine a run was made on, stored once per run. Plain values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace hangrate {

struct PreemptModel {
  std::string build;   ///< what the kernel was built with, e.g. "PREEMPT_DYNAMIC"
  std::string active;  ///< none, voluntary, full, lazy, rt or unknown
  std::string source;  ///< where that was read
  bool operator==(const PreemptModel&) const = default;
};

/// Whether something we would like to use works here, and if not, what to do.
struct Capability {
  std::string name;  ///< "stack", "bpf", "kvm", ...
  bool works = false;
  std::string detail;  ///< what was found
  std::string remedy;  ///< how to enable it, "" if it works or cannot
  bool operator==(const Capability&) const = default;
};

struct Environment {
  std::string release;    ///< uname -r
  std::string version;    ///< uname -v
  std::string signature;  ///< /proc/version_signature (Ubuntu), else ""
  std::string machine;    ///< uname -m
  std::string cmdline;
  PreemptModel preempt;
  int cpus = 0;                ///< usable by us
  std::string virtualization;  ///< "none" or what the CPU says
  bool root = false;
  int cgroup_version = 0;
  std::vector<Capability> capabilities;
  std::string
      build_note;  ///< what sets this kernel apart from its release, "+ revert e95aada4cb93"
  /// Reproducers whose bug this kernel has whatever its version says: its build took a fix out.
  std::vector<std::string> reverted;
  /// "fs.fuse.default_request_timeout" -> "0": settings that bound or change what is seen, as they
  /// were when the run began. One that the kernel did not have then is not in it; empty: not read.
  std::map<std::string, std::string> sysctls;
  bool operator==(const Environment&) const = default;
};

}  // namespace hangrate
