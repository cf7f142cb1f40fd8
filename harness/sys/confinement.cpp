// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/confinement.h"

#include <cstdio>
#include <filesystem>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kMostPids = 1u << 22;  // PID_MAX_LIMIT of 64-bit kernels

bool limit(int resource, std::uint64_t most) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return false;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  const rlimit wanted{most, most};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted) == 0;
}

bool limit_if(int resource, std::uint64_t most) {
  return most == 0 || limit(resource, most);
}

/// The system calls, not glibc's functions of these names, which speak to other threads.
bool become_nobody(const std::optional<gid_t>& group) {
  const auto id = kFirstOwnUser + static_cast<uid_t>(::getpid());
  const gid_t groups[] = {group.value_or(0)};
  return ::syscall(SYS_setgroups, group ? 1 : 0, groups) == 0 &&
         ::syscall(SYS_setresgid, id, id, id) == 0 && ::syscall(SYS_setresuid, id, id, id) == 0;
}

/// Has the map of ids at `path` all numbers we may want?
bool maps_own_users(const char* path) {
  for (const std::string& line : split(read_file(path).value_or(""), '\n')) {
    unsigned long long first = 0;
    unsigned long long outside = 0;
    unsigned long long count = 0;
    if (std::sscanf(line.c_str(), "%llu %llu %llu", &first, &outside, &count) != 3) continue;
    if (first <= kFirstOwnUser && first + count >= kFirstOwnUser + kMostPids) return true;
  }
  return false;
}

}  // namespace

bool confine_self(const Confinement& confinement) {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit(RLIMIT_CORE, 0) &&
         limit_if(RLIMIT_AS, confinement.memory) && limit_if(RLIMIT_FSIZE, confinement.file) &&
         limit_if(RLIMIT_NOFILE, confinement.descriptors) &&
         limit_if(RLIMIT_CPU, confinement.cpu) &&
         (!confinement.own_user || become_nobody(confinement.group)) &&
         limit_if(RLIMIT_NPROC, confinement.tasks);
}

bool can_have_own_user() {
  return ::geteuid() == 0 && maps_own_users("/proc/self/uid_map") &&
         maps_own_users("/proc/self/gid_map");
}

bool open_to_all(const std::string& program) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::canonical(program, error);
  if (error) return false;
  mode_t needed = S_IROTH | S_IXOTH;
  while (true) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & needed) != needed) return false;
    if (path == path.root_path()) return true;
    path = path.parent_path();
    needed = S_IXOTH;
  }
}

}  // namespace hangrate
