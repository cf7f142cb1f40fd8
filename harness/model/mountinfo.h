// SPDX-License-Identifier: GPL-2.0-or-later
//
// Mounts of a mount namespace, from the text of proc_pid_mountinfo(5). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

struct Mount {
  int major = 0;  ///< of the device that the file system shows
  int minor = 0;
  std::string where;  ///< as it is, without escapes
  std::string type;   ///< "fuse", "fuse.sshfs", "cgroup2"
  std::string source;
  std::string options;  ///< of the file system: "rw,pids"

  /// Of a FUSE server; `minor` is the number of its connection.
  bool is_fuse() const { return type == "fuse" || type.starts_with("fuse."); }
};

/// Lines that are none are left out.
std::vector<Mount> parse_mountinfo(std::string_view text);

}  // namespace hangrate
