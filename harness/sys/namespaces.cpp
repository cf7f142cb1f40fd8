// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/namespaces.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <sys/utsname.h>

namespace hangrate {

namespace {

std::string own_namespace(const std::string& kind) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/ns/" + kind, error).string();
}

}  // namespace

int kernel_release() {
  utsname name{};
  ::uname(&name);
  int major = 0;
  int minor = 0;
  if (std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return 0;
  return major * 1000 + minor;
}

bool in_initial_pid_namespace() {
  return own_namespace("pid") == "pid:[4026531836]";
}

bool in_initial_time_namespace() {
  const std::string own = own_namespace("time");
  return own.empty() || own == "time:[4026531834]";
}

}  // namespace hangrate
