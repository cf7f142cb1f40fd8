// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: `hangrate diagnose` of a program that hangs, as a user would run it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/testing/command.h"

namespace hangrate::testing {

inline const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
inline const std::string kStories = HANGRATE_SOURCE_DIR "/harness/testing/stories/";

/// "" if it cannot be read.
inline std::string read_proc_file(const std::string& path) {
  return read_file(path).value_or("");
}

inline Ran diagnose(std::vector<std::string> more) {
  more.insert(more.begin(), {kHangrate, "diagnose"});
  return run_command(more);
}

/// The processes that descend from `pid`, and itself.
inline std::vector<std::string> family_of(pid_t pid) {
  std::vector<std::string> all = {std::to_string(pid)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string own = "/proc/" + all[i] + "/task/" + all[i] + "/children";
    for (const std::string& child : split(read_proc_file(own), ' ')) {
      if (!child.empty()) all.push_back(child);
    }
  }
  return all;
}

/// Does a task of the family sleep in a write to a pipe?
inline bool somebody_writes(const std::vector<std::string>& family) {
  for (const std::string& pid : family) {
    const std::string place = read_proc_file("/proc/" + pid + "/wchan");
    if (place.find("pipe_write") != place.npos) return true;
  }
  return false;
}

/// Is the init of a dying pid namespace among them?
inline bool some_init_exits(const std::vector<std::string>& family) {
  return std::any_of(family.begin(), family.end(), [](const std::string& pid) {
    return read_proc_file("/proc/" + pid + "/stack").find("zap_pid_ns") != std::string::npos;
  });
}

}  // namespace hangrate::testing
