// SPDX-License-Identifier: GPL-2.0-or-later
//
// MachineState: what trials may leave behind on a machine. Two of them are compared; what other
// programs do in between shows too, so tests that use it run alone.
#pragma once

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace hangrate::testing {

class MachineState {
 public:
  /// Orphans of this process come to it from now on, so that its children are all that is left, and
  /// it sees the FUSE connections of the machine, if it may.
  static void prepare() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (::unshare(CLONE_NEWNS) != 0) return;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    ::mount("fusectl", kConnections, "fusectl", 0, nullptr);
  }

  static MachineState now() {
    MachineState state;
    state.add_mounts();
    state.add_first_words("module", "/proc/modules");
    for (const char* kind : {"msg", "sem", "shm"}) {
      state.add_lines("System V", std::string("/proc/sysvipc/") + kind);
    }
    state.add_processes();
    state.add_names("file", "/tmp", "");
    state.add_names("file", "/dev/shm", "");
    state.add_names("FUSE connection", kConnections, "");
    state.add_names("network namespace", "/run/netns", "");
    for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      state.add_cgroups(place);
    }
    for (const char* folder : {"/proc/sys/fs", "/proc/sys/fs/fuse", "/proc/sys/fs/mqueue",
                               "/proc/sys/kernel", "/proc/sys/kernel/yama", "/proc/sys/vm"}) {
      state.add_settings(folder);
    }
    return state;
  }

  /// What is there now and was not before, or is another value, a line each.
  std::string left_since(const MachineState& before) const {
    std::vector<std::string> left;
    std::set_difference(facts_.begin(), facts_.end(), before.facts_.begin(), before.facts_.end(),
                        std::back_inserter(left));
    std::string text;
    for (const std::string& fact : left) text += fact + "\n";
    return text;
  }

 private:
  static constexpr const char* kConnections = "/sys/fs/fuse/connections";

  void add(const std::string& kind, const std::string& what) { facts_.insert(kind + " " + what); }

  void add_lines(const std::string& kind, const std::string& file) {
    for (const std::string& line : split(read_file(file).value_or(""), '\n')) add(kind, line);
  }
  void add_first_words(const std::string& kind, const std::string& file) {
    for (const std::string& line : split(read_file(file).value_or(""), '\n')) {
      add(kind, line.substr(0, line.find(' ')));
    }
  }
  /// Without the numbers of mountinfo, which change.
  void add_mounts() {
    for (const std::string& line : split(read_file("/proc/self/mountinfo").value_or(""), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() > 5) add("mount", words[4] + line.substr(line.find(" - ")));
    }
  }
  void add_processes() {
    for (const std::string& pid :
         split(read_file("/proc/thread-self/children").value_or(""), ' ')) {
      if (pid.empty()) continue;
      add("process", pid + " " + first_line("/proc/" + pid + "/comm"));
    }
  }
  void add_names(const std::string& kind, const std::string& folder, const std::string& prefix) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename();
      if (name.starts_with(prefix)) add(kind, folder + "/" + name);
    }
  }
  void add_cgroups(const std::string& folder) {
    std::error_code error;
    std::filesystem::recursive_directory_iterator entries(folder, error);
    for (; !error && entries != std::filesystem::recursive_directory_iterator();
         entries.increment(error)) {
      if (entries->is_directory(error)) add("cgroup", entries->path());
      if (entries.depth() >= 3) entries.disable_recursion_pending();
    }
  }
  /// What somebody may have set: the kernel counts in the others.
  void add_settings(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const auto mode = entry.status(error).permissions();
      const bool set = (mode & std::filesystem::perms::owner_write) != std::filesystem::perms::none;
      const std::string name = entry.path().filename();
      if (!entry.is_regular_file(error) || !set || name == "ns_last_pid") continue;
      add("setting", entry.path().string() + " " + first_line(entry.path()));
    }
  }

  std::multiset<std::string> facts_;  ///< two mounts may read alike
};

}  // namespace hangrate::testing
