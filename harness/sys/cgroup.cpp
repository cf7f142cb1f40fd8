// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/model/mountinfo.h"
#include "harness/sys/process_handle.h"
#include "harness/sys/run_record.h"

namespace hangrate {

namespace {

constexpr const char* kPrefix = "hangrate-";
constexpr const char* kProbe = "hangrate-probe-";

/// Our own path in a hierarchy, from /proc/self/cgroup: "0::/x" for v2, "8:pids:/x" for v1.
std::string own_path(const std::string& controller) {
  for (const std::string& line : split(read_file("/proc/self/cgroup").value_or(""), '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() >= 3 && fields[1] == controller) return fields[2] == "/" ? "" : fields[2];
  }
  return {};
}

/// Removes empty leaves of runs that are over: a victim nothing could free outlives its run, and
/// what held it stays. A leaf is locked as long as its run lives, and the kernel removes no leaf
/// with a process in it. Those that a reproducer makes have longer names, and no lock.
void remove_abandoned(const std::string& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    if (!is_mark(name) && !name.starts_with(kProbe)) continue;
    const UniqueFd leaf(::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (leaf && ::flock(leaf.get(), LOCK_EX | LOCK_NB) == 0) ::rmdir(entry.path().c_str());
  }
}

}  // namespace

CgroupMounts find_cgroup_mounts(const std::string& mountinfo) {
  CgroupMounts mounts;
  for (const Mount& mount : parse_mountinfo(mountinfo)) {
    if (mount.type == "cgroup2" && mounts.v2.empty()) mounts.v2 = mount.where;
    if (mount.type != "cgroup") continue;
    for (const std::string& option : split(mount.options, ',')) {
      const bool fit = option == "pids" || option == "freezer" || option == "name=systemd";
      if (fit && mounts.v1.empty()) {
        mounts.v1 = mount.where;
        mounts.v1_controller = option;
      }
    }
  }
  return mounts;
}

Cgroup Cgroup::make(const std::string& name,
                    const std::function<void(const std::string&)>& intent) {
  Cgroup group;
  const CgroupMounts mounts = find_cgroup_mounts(read_file("/proc/self/mountinfo").value_or(""));
  struct Choice {
    int version;
    std::string parent;
  };
  std::vector<Choice> choices;
  if (!mounts.v2.empty()) choices.push_back({2, mounts.v2 + own_path("")});
  if (!mounts.v1.empty()) choices.push_back({1, mounts.v1 + own_path(mounts.v1_controller)});
  if (choices.empty()) group.why_not_ = "no cgroup file system is mounted";
  for (const Choice& choice : choices) {
    remove_abandoned(choice.parent);
    const std::string path = choice.parent + "/" + kPrefix + name;
    if (intent) intent(path);
    if (::mkdir(path.c_str(), 0755) != 0) {
      group.why_not_ = "mkdir(" + path + "): " + std::strerror(errno);
      continue;
    }
    group.directory_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!group.directory_) {
      group.why_not_ = "open(" + path + "): " + std::strerror(errno);
      ::rmdir(path.c_str());
      continue;
    }
    ::flock(group.directory_.get(), LOCK_EX | LOCK_NB);  // until we end
    group.version_ = choice.version;
    group.direct_ = choice.version == 2;
    group.path_ = path;
    group.why_not_.clear();
    break;
  }
  return group;
}

Cgroup::~Cgroup() {
  if (!path_.empty() && directory_) ::rmdir(path_.c_str());
}

std::vector<pid_t> Cgroup::processes() const {
  std::vector<pid_t> pids;
  if (version_ == 0) return pids;
  for (const std::string& line : split(read_file(own_procs()).value_or(""), '\n')) {
    if (!line.empty()) pids.push_back(static_cast<pid_t>(std::atoi(line.c_str())));
  }
  return pids;
}

void Cgroup::kill_all() const {
  std::vector<std::pair<pid_t, UniqueFd>> handles;
  for (const pid_t pid : processes()) handles.emplace_back(pid, open_process(pid));
  // Still inside now that the handle is held: then the handle is of the one inside.
  const std::vector<pid_t> inside = processes();
  for (const auto& [pid, handle] : handles) {
    if (std::find(inside.begin(), inside.end(), pid) != inside.end()) {
      signal_process(handle, SIGKILL);
    }
  }
}

UniqueFd open_cgroup2_root() {
  const CgroupMounts mounts = find_cgroup_mounts(read_file("/proc/self/mountinfo").value_or(""));
  if (!mounts.v2.empty()) {
    UniqueFd root(::open(mounts.v2.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct statfs info {};
    const bool seen = root && ::fstatfs(root.get(), &info) == 0 &&
                      info.f_type == CGROUP2_SUPER_MAGIC;  // else something lies above it
    return seen ? std::move(root) : UniqueFd();
  }
  const UniqueFd context(::fsopen("cgroup2", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return UniqueFd(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
}

bool is_marked(std::string_view name, const std::string& mark) {
  return name == mark || name.starts_with(mark + "-");
}

bool has_marked_cgroup(const std::string& mark) {
  const UniqueFd root = open_cgroup2_root();
  if (!root) return false;
  const std::string place = "/proc/self/fd/" + std::to_string(root.get());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(place, error)) {
    if (is_marked(entry.path().filename().string(), mark)) return true;
  }
  return false;
}

}  // namespace hangrate
