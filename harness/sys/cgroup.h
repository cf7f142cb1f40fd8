// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cgroup: a leaf that holds the workers of one run, so that nothing they start gets lost. cgroup
// v2, v1, or none: without one the run goes on and leftovers are found through the child reaper
// only.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// From the death of workers to kill_all(): their guards, which are inside too, free meanwhile what
/// no signal ends.
inline constexpr Nanos kForGuards = 500 * kMilli;

class Cgroup {
 public:
  /// Makes a leaf named hangrate-NAME under our own cgroup, and removes empty ones that runs before
  /// left there. `why_not()` tells why there is none.
  /// `intent` hears its path before it is made.
  static Cgroup make(const std::string& name,
                     const std::function<void(const std::string&)>& intent = {});
  ~Cgroup();  ///< removes the leaf if it is empty; never waits
  Cgroup(Cgroup&&) = default;
  Cgroup& operator=(Cgroup&&) = delete;
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  int version() const { return version_; }  ///< 2, 1 or 0
  const std::string& why_not() const { return why_not_; }
  const std::string& path() const { return path_; }
  /// To be started in, by clone3; -1: not possible.
  int directory_fd() const { return direct_ ? directory_.get() : -1; }
  /// To write oneself into, where it is not possible to be started inside; "" = no need.
  std::string procs_file() const { return version_ != 0 && !direct_ ? own_procs() : ""; }
  /// Members, one a line, processes or threads; "" = there is no cgroup.
  std::string own_procs() const { return version_ != 0 ? path_ + "/cgroup.procs" : ""; }
  std::string own_threads() const {
    return version_ == 0 ? "" : path_ + (version_ == 2 ? "/cgroup.threads" : "/tasks");
  }
  /// What is started inside is dead at birth here: from now on it writes itself in.
  void give_up_direct_entry() { direct_ = false; }

  /// Processes inside now.
  std::vector<pid_t> processes() const;
  /// SIGKILL to everything that is inside now; call it until processes() is empty. Not by
  /// cgroup.kill: from b69bb476dee9 (v6.14, 6.12.16) to its fix (7.2.13, 6.12.115) a process that
  /// is made straight into such a cgroup from outside (CLONE_INTO_CGROUP) is killed at birth.
  void kill_all() const;

 private:
  Cgroup() = default;

  int version_ = 0;
  bool direct_ = false;
  std::string path_;
  std::string why_not_;
  UniqueFd directory_;
};

/// Where cgroup hierarchies are mounted, from /proc/self/mountinfo text (pure).
struct CgroupMounts {
  std::string v2;
  std::string v1;             ///< any v1 hierarchy fit for bookkeeping
  std::string v1_controller;  ///< its name in /proc/self/cgroup, e.g. "pids" or "name=systemd"
};
CgroupMounts find_cgroup_mounts(const std::string& mountinfo);

/// The root of cgroup v2 as it is mounted, else in a mount of its own that has no place. That one
/// is no substitute for the other: in the first cgroup namespace a new mount without options takes
/// those of the hierarchy away (nsdelegate, memory_recursiveprot; v6.1 kernel/cgroup/cgroup.c
/// apply_cgroup_root_flags()). Empty: there is none, or not for us.
UniqueFd open_cgroup2_root();

/// Does a name say that a thing is of the run with this mark: the mark, or "-" and more behind it?
bool is_marked(std::string_view name, const std::string& mark);

/// Has the root of cgroup v2 any of the run's?
bool has_marked_cgroup(const std::string& mark);

}  // namespace hangrate
