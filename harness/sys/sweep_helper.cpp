// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/sweep_helper.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr int kDeepest = 16;

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  // A description of its own: closedir() closes it.
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> open(own >= 0 ? ::fdopendir(own) : nullptr, ::closedir);
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

std::vector<std::string> names_in(const std::string& path) {
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder ? names_in(folder.get()) : std::vector<std::string>();
}

std::string text_of(int file) {
  std::string text(kMostBytes, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

/// A regular file of ours alone, with one name.
bool is_private(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & 077) == 0 && info.st_nlink == 1;
}

struct MarkedConnection {
  int number;
  std::string mountinfo;  ///< where it was seen
};

bool still_there(const MarkedConnection& connection, const std::string& mark) {
  const auto mounts = find_marked_mounts(read_file(connection.mountinfo).value_or(""), mark);
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const Mount& m) { return m.minor == connection.number; });
}

/// Every FUSE mount of the run, in whatever mount namespace a task keeps it. A task that waits in
/// exit_files() still has its namespaces (v6.1 kernel/exit.c do_exit(): exit_task_namespaces()
/// comes later); its process's first thread may have lost them, so each thread is asked.
std::vector<MarkedConnection> find_connections(const std::string& mark) {
  std::vector<MarkedConnection> found;
  std::set<std::string> seen;
  for (const std::string& pid : names_in("/proc")) {
    if (!all_digits(pid)) continue;
    for (const std::string& tid : names_in("/proc/" + pid + "/task")) {
      const std::string task = "/proc/" + pid + "/task/" + tid;
      char link[64];
      const ssize_t size = ::readlink((task + "/ns/mnt").c_str(), link, sizeof link);
      const std::string space(link, size > 0 ? static_cast<std::size_t>(size) : 0);
      if (seen.contains(space)) continue;
      const std::string mountinfo = task + "/mountinfo";
      const auto text = read_file(mountinfo);
      if (text && !space.empty()) seen.insert(space);
      for (const Mount& m : find_marked_mounts(text.value_or(""), mark)) {
        if (m.is_fuse()) found.push_back({m.minor, mountinfo});
      }
    }
  }
  return found;
}

/// Aborts what is there; true if anything was.
bool abort_connections(const Orphan& orphan, std::set<int>& aborted) {
  bool any = false;
  for (const auto& [number, instance] : orphan.record.connections) {
    const UniqueFd file = open_fuse_abort(number, instance);
    if (!file) continue;
    any = true;
    if (abort_fuse_connection(file)) aborted.insert(number);
  }
  for (const MarkedConnection& connection : find_connections(orphan.mark)) {
    any = true;
    // Opened first and looked at again then: the number was this mount's when we opened it.
    const UniqueFd file = open_fuse_abort(connection.number);
    if (still_there(connection, orphan.mark) && abort_fuse_connection(file)) {
      aborted.insert(connection.number);
    }
  }
  return any;
}

/// Threads and not processes: one whose first thread has ended is in cgroup.procs no more, though
/// another of its threads may wait (v6.1 kernel/cgroup/cgroup.c css_task_iter_advance()).
std::vector<std::string> tasks_in(int cgroup) {
  for (const char* name : {"cgroup.threads", "tasks"}) {
    const UniqueFd file(::openat(cgroup, name, O_RDONLY | O_CLOEXEC));
    if (file) return split(trimmed(text_of(file.get())), '\n');
  }
  return {};
}

/// SIGKILL to the process of task `tid` if it is in the cgroup while we hold it.
bool kill_in(int cgroup, const std::string& tid) {
  constexpr unsigned kThread = O_EXCL;  // PIDFD_THREAD, v6.9
  const int number = std::atoi(tid.c_str());
  if (number <= 0) return false;
  UniqueFd task(static_cast<int>(::syscall(SYS_pidfd_open, number, kThread)));
  if (!task) task = open_process(number);
  const auto now = tasks_in(cgroup);
  const bool inside = std::find(now.begin(), now.end(), tid) != now.end();
  return inside && signal_process(task, SIGKILL);
}

UniqueFd open_cgroup(int parent, const std::string& name) {
  UniqueFd cgroup(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  const bool ours = cgroup && ::fstat(cgroup.get(), &info) == 0 && info.st_uid == ::geteuid();
  return ours ? std::move(cgroup) : UniqueFd();
}

/// True if it is gone.
bool clear_cgroup(int parent, const std::string& name, std::set<std::string>& killed,
                  SweepReport& report) {
  const UniqueFd cgroup = open_cgroup(parent, name);
  if (!cgroup) return ::faccessat(parent, name.c_str(), F_OK, 0) != 0;
  for (const std::string& tid : tasks_in(cgroup.get())) {
    if (kill_in(cgroup.get(), tid)) killed.insert(tid);
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) return errno == ENOENT;
  ++report.cgroups;
  return true;
}

/// That of the run, and those that its reproducers made in the root of cgroup v2. True if all are
/// gone.
bool clear_cgroups(const Orphan& orphan, const UniqueFd& root, std::set<std::string>& killed,
                   SweepReport& report) {
  bool gone = true;
  for (const std::string& path : orphan.record.cgroups) {
    gone = clear_cgroup(AT_FDCWD, path, killed, report) && gone;
  }
  if (!root) return gone;
  for (const std::string& name : names_in(root.get())) {
    if (is_marked(name, orphan.mark)) gone = clear_cgroup(root.get(), name, killed, report) && gone;
  }
  return gone;
}

/// Below an open folder of ours; links are removed, not followed.
bool remove_tree(int parent, const std::string& name, int depth) {
  struct stat info {};
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  if (info.st_uid != ::geteuid() || depth > kDeepest) return false;
  if (!S_ISDIR(info.st_mode)) return ::unlinkat(parent, name.c_str(), 0) == 0;
  const UniqueFd folder(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat opened {};
  if (!folder || ::fstat(folder.get(), &opened) != 0) return false;
  // Another file system is mounted there, or it was exchanged.
  if (opened.st_dev != info.st_dev || opened.st_ino != info.st_ino) return false;
  for (const std::string& entry : names_in(folder.get())) {
    struct stat inner {};
    const bool same = ::fstatat(folder.get(), entry.c_str(), &inner, AT_SYMLINK_NOFOLLOW) == 0 &&
                      inner.st_dev == info.st_dev;
    if (!same || !remove_tree(folder.get(), entry, depth + 1)) return false;
  }
  return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

/// Whether the supervisor has ended. That decides nothing but whether it is worth to wait.
bool is_over(const std::string& name) {
  const pid_t pid = std::atoi(name.c_str() + std::strlen("hangrate-"));
  return !open_process(pid) && errno == ESRCH;
}

/// A run that was killed may still be closing its descriptors, or its janitor be cleaning up.
bool lock_unless_owned(int file, const std::string& name) {
  constexpr Nanos kDying = 1500 * kMilli;
  const Nanos deadline = now_ns() + kDying;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (!is_over(name) || now_ns() >= deadline) return false;
    const timespec nap = to_timespec(2 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
  return true;
}

std::optional<Orphan> take(int folder, const std::string& path, const std::string& name,
                           SweepReport& report) {
  UniqueFd file(::openat(folder, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file || !is_private(file.get())) {
    report.left.push_back(path + ": is no record of ours; not believed");
    return std::nullopt;
  }
  if (!lock_unless_owned(file.get(), name)) {
    ++report.owned;
    if (is_over(name)) report.left.push_back(path + ": its janitor is still at work; sweep again");
    return std::nullopt;
  }
  if (!is_private(file.get())) return std::nullopt;  // its owner has deleted it meanwhile
  FoundRecord record = parse_record(text_of(file.get()), name);
  return Orphan{name, path, std::move(file), std::move(record)};
}

}  // namespace

std::vector<Orphan> take_orphans(const std::string& folder, SweepReport& report) {
  std::vector<Orphan> orphans;
  if (::access(folder.c_str(), F_OK) != 0 && errno == ENOENT) return orphans;
  const auto opened = open_record_folder(folder, false);
  if (!opened) {
    report.left.push_back(opened.error().what());
    return orphans;
  }
  for (const std::string& name : names_in(opened->get())) {
    if (!is_mark(name)) {
      report.left.push_back(folder + "/" + name + ": is no record; not believed");
      continue;
    }
    if (auto orphan = take(opened->get(), folder + "/" + name, name, report)) {
      orphans.push_back(std::move(*orphan));
    }
  }
  report.records += static_cast<int>(orphans.size());
  return orphans;
}

void free_tasks(const Orphan& orphan, Nanos deadline, SweepReport& report) {
  if (orphan.record.boot != boot_id()) return;  // nothing of it can be there any more
  std::set<int> aborted;
  std::set<std::string> killed;
  const UniqueFd root = open_cgroup2_root();
  bool connected = true;
  bool gone = false;
  while (connected || !gone) {
    connected = abort_connections(orphan, aborted);
    gone = clear_cgroups(orphan, root, killed, report);
    if ((!connected && gone) || now_ns() >= deadline) break;
    const timespec nap = to_timespec(5 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
  report.connections += static_cast<int>(aborted.size());
  report.processes += static_cast<int>(killed.size());
  if (connected) report.left.push_back(orphan.path + ": a FUSE connection stays");
  if (!gone)
    report.left.push_back(orphan.path + ": its cgroup stays, with a task nothing could end");
}

void remove_files(const Orphan& orphan, const std::string& temporary, SweepReport& report) {
  const std::string mountinfo = read_file("/proc/self/mountinfo").value_or("");
  auto mounts = find_marked_mounts(mountinfo, orphan.mark);
  std::reverse(mounts.begin(), mounts.end());  // the last one is on top
  for (const Mount& m : mounts) {
    if (::umount2(m.where.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
      ++report.mounts;
    } else {
      report.left.push_back("mount " + m.where + ": " + std::strerror(errno));
    }
  }
  const UniqueFd parent(::open(temporary.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return;
  for (const std::string& name : names_in(parent.get())) {
    if (name == orphan.mark || !is_marked(name, orphan.mark)) continue;
    if (remove_tree(parent.get(), name, 0)) {
      ++report.folders;
    } else {
      report.left.push_back("folder " + temporary + "/" + name +
                            ": is not ours or cannot be removed");
    }
  }
}

}  // namespace hangrate
