// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/snapshot_objects.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "harness/model/proc_text.h"
#include "harness/model/snapshot_text.h"
#include "harness/model/tcp_peers.h"
#include "harness/sys/namespaces.h"
#include "harness/sys/proc_folder.h"
#include "harness/sys/snapshot_futexes.h"
#include "harness/sys/unix_peers.h"

namespace hangrate {

namespace {

/// CLOCK_BOOTTIME of a moment of CLOCK_REALTIME, s: what the start of a task is counted in.
double since_boot(const timespec& moment) {
  timespec boot{};
  timespec real{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  ::clock_gettime(CLOCK_REALTIME, &real);
  const auto seconds = [](const timespec& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
  };
  return seconds(boot) - (seconds(real) - seconds(moment));
}

/// kcmp(2): do two tasks share that? nullopt: the kernel does not say (no CONFIG_KCMP, not
/// permitted).
std::optional<bool> share(int a, int b, int what) {
  const long order = ::syscall(SYS_kcmp, a, b, what, 0, 0);
  return order < 0 ? std::nullopt : std::optional(order == 0);
}

/// Pages of its memory, "" = unknown: those of two that share it are as many.
std::string memory_pages(int pid) {
  std::string text;
  if (!read_proc("/proc/" + std::to_string(pid) + "/statm", text)) return "";
  return text.substr(0, text.find(' '));
}

constexpr int kMemory = 1;  // KCMP_VM, KCMP_FILES of linux/kcmp.h
constexpr int kFiles = 2;

}  // namespace

void SnapshotObjects::read() {
  read_sharers(read_processes());
  read_peers();
  read_tcp_peers();
  read_locks();
  read_fuse();
  read_memory();
  SnapshotFutexes futexes(seen_, begin_);
  futexes.read();
  if (opaque_) read_births(futexes.paths());
  for (const auto& [pid, process] : seen_.processes) {
    if (process.opaque.empty()) continue;
    seen_.absent.push_back({"descriptors of process " + std::to_string(pid), process.opaque});
  }
}

void SnapshotObjects::read_waits() {
  read_processes();
  read_memory();
  SnapshotFutexes(seen_, begin_).read_own();
}

/// By pid, a thread that is not dead: its table is still there.
std::map<int, int> SnapshotObjects::read_processes() {
  std::map<int, int> living;
  for (const auto& [tid, task] : seen_.tasks) {
    if (alive(task.sample)) living.emplace(task.sample.pid, tid);
  }
  for (const auto& [pid, tid] : living) read_process(pid, tid, seen_.processes[pid]);
  for (const auto& [tid, task] : seen_.tasks) {
    const int pid = task.sample.pid;
    const auto first = living.find(pid);
    if (first == living.end() || first->second == tid || !alive(task.sample)) continue;
    begin_(pid);
    // unshare(CLONE_FILES), clone(2) without it: descriptors that its process does not show.
    const auto shared = share(first->second, tid, kFiles);
    if (shared.value_or(false)) continue;
    seen_.processes[pid].split = shared.has_value();
    read_process(pid, tid, seen_.processes[pid]);
  }
  return living;
}

void SnapshotObjects::read_process(int pid, int living, SeenProcess& process) {
  begin_(pid);
  const std::string folder =
      "/proc/" + std::to_string(pid) + "/task/" + std::to_string(living) + "/";
  std::string text;
  process.timers_hidden = !read_proc("/proc/" + std::to_string(pid) + "/timers", text);
  process.timers = !text.empty();
  const bool listed = each_number(folder + "fd", [&](int number) {
    if (process.opaque.empty()) read_descriptor(folder, number, process);
  });
  if (!listed && errno != ENOENT && errno != ESRCH) process.opaque = std::strerror(errno);
  opaque_ = opaque_ || !process.opaque.empty();
  settle_epolls(process);
}

void SnapshotObjects::read_descriptor(const std::string& folder, int number, SeenProcess& process) {
  const std::string path = folder + "fd/" + std::to_string(number);
  char target[4096] = {};
  if (::readlink(path.c_str(), target, sizeof target - 1) < 0) {
    if (errno == EACCES || errno == EPERM) process.opaque = std::strerror(errno);
    return;
  }
  Descriptor descriptor;
  descriptor.number = number;
  descriptor.object = target;
  descriptor.kind = object_kind(target);
  struct stat link {};  // the rights of the link are those the file was opened with
  if (::lstat(path.c_str(), &link) == 0) {
    descriptor.reads = (link.st_mode & S_IRUSR) != 0;
    descriptor.writes = (link.st_mode & S_IWUSR) != 0;
  }
  if (descriptor.object.ends_with(" (deleted)")) name_unlinked(path, descriptor);
  const bool ring = descriptor.object == "anon_inode:[io_uring]";
  process.rings = process.rings || ring;
  std::string info;
  if (has_details(target) && read_proc(folder + "fdinfo/" + std::to_string(number), info)) {
    take_fdinfo(info, descriptor, process);
  }
  // Since about v6.16 it shows nothing while its lock is held (io_uring_show_fdinfo()).
  if (ring && info.find("UserFiles:") == info.npos) process.registered = true;
  process.descriptors.push_back(std::move(descriptor));
}

/// A name may end so, and a file have another: what has none is told by its links. Its server is
/// not asked.
void SnapshotObjects::name_unlinked(const std::string& path, Descriptor& descriptor) const {
  struct statx file {};
  const unsigned wanted = STATX_NLINK | STATX_INO;
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, wanted, &file) != 0) return;
  if ((file.stx_mask & wanted) != wanted || file.stx_nlink != 0) return;
  const std::uint64_t device = std::uint64_t{file.stx_dev_major} << 32 | file.stx_dev_minor;
  descriptor.object = unlinked_name(device, file.stx_ino);
}

/// The number in an interest list is that of the moment when it was added; what is behind it is
/// told by its inode.
void SnapshotObjects::settle_epolls(SeenProcess& process) const {
  const auto is = [](const Descriptor& descriptor, const Watched& watched) {
    const std::uint64_t inode = inode_in(descriptor.object);
    return inode != 0 ? inode == watched.inode : descriptor.number == watched.number;
  };
  for (Descriptor& epoll : process.descriptors) {
    for (Watched& watched : epoll.watched) {
      const auto& all = process.descriptors;
      const bool there = std::any_of(all.begin(), all.end(), [&](const Descriptor& d) {
        return d.number == watched.number && is(d, watched);
      });
      if (there) continue;
      const auto other = std::find_if(all.begin(), all.end(), [&](const Descriptor& d) {
        return inode_in(d.object) != 0 && is(d, watched);
      });
      watched.number = other != all.end() ? other->number : -1;
    }
  }
}

/// Who waits for a futex may be woken by whoever has its memory.
void SnapshotObjects::read_sharers(const std::map<int, int>& living) {
  std::set<int> waiting;
  for (const auto& [tid, task] : seen_.tasks) {
    if (task.sample.syscall_name == "futex") waiting.insert(task.sample.pid);
  }
  for (const int pid : waiting) {
    begin_(pid);
    const std::string pages = memory_pages(pid);
    for (const auto& [other, tid] : living) {
      if (other == pid) continue;
      begin_(other);
      const auto shared = share(living.at(pid), tid, kMemory);
      if (shared ? *shared : memory_pages(other) == pages) {
        seen_.processes[pid].shares.push_back(other);
      }
    }
  }
}

void SnapshotObjects::read_memory() {
  for (const auto& [tid, task] : seen_.tasks) {
    if (!asleep(task.sample.state)) continue;
    std::vector<iovec> there;
    std::size_t size = 0;
    for (const MemoryWanted& part : memory_wanted(task.sample)) {
      there.push_back({reinterpret_cast<void*>(part.address), part.bytes});
      size += part.bytes;
    }
    if (there.empty()) continue;
    begin_(task.sample.pid);
    std::string bytes(size, '\0');
    const iovec here{bytes.data(), bytes.size()};
    const ssize_t n = ::process_vm_readv(task.sample.pid, &here, 1, there.data(), there.size(), 0);
    if (n == static_cast<ssize_t>(size)) seen_.memory.emplace(tid, std::move(bytes));
  }
}

/// A pipe's ctime is its birth since v6.15, before that of its last use; a FUSE connection's folder
/// is made with it. A file is asked without a question to its server (AT_STATX_DONT_SYNC).
void SnapshotObjects::read_births(const std::map<std::string, std::string>& mapped) {
  for (const auto& [object, path] : mapped) note_birth(object, path, false);
  for (const auto& [pid, process] : seen_.processes) {
    for (const Descriptor& d : process.descriptors) {
      if (d.kind != ObjectKind::Pipe && d.locks.empty() && !is_unlinked(d.object)) continue;
      begin_(pid);
      note_birth(d.object, "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(d.number),
                 d.kind == ObjectKind::Pipe);
    }
  }
  for (const auto& [connection, waiting] : seen_.fuse_waiting) {
    note_birth("fuse " + std::to_string(connection),
               "/sys/fs/fuse/connections/" + std::to_string(connection), true);
  }
}

/// Of several with one name the oldest counts.
void SnapshotObjects::note_birth(const std::string& object, const std::string& path,
                                 bool by_change) {
  const bool is_pipe = object.starts_with("pipe:");
  if (is_pipe && (kernel_release() < 6015 || seen_.births.contains(object))) return;
  struct statx file {};
  const unsigned wanted = by_change ? STATX_CTIME : STATX_BTIME;
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, wanted, &file) != 0) return;
  if ((file.stx_mask & wanted) == 0) return;
  const statx_timestamp& moment = by_change ? file.stx_ctime : file.stx_btime;
  const double birth = since_boot({.tv_sec = moment.tv_sec, .tv_nsec = moment.tv_nsec});
  const auto known = seen_.births.find(object);
  if (known == seen_.births.end() || birth < known->second) seen_.births[object] = birth;
}

void SnapshotObjects::read_locks() {
  std::string text;
  if (!read_proc("/proc/locks", text)) {
    seen_.absent.push_back({"locks", std::strerror(errno)});
    return;
  }
  seen_.locks = parse_locks(text);
  if (seen_.locks.empty()) return;
  for (auto& [pid, process] : seen_.processes) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fdinfo/";
    for (Descriptor& d : process.descriptors) {
      if (!d.object.starts_with('/') && !is_unlinked(d.object)) continue;
      // fdinfo of devices takes locks of drivers: rtnl_lock() of /dev/net/tun.
      if (d.object.starts_with("/dev/") && !d.object.starts_with("/dev/shm/")) continue;
      begin_(pid);
      if (read_proc(folder + std::to_string(d.number), text)) d.locks = held_locks(text);
    }
  }
  for (const auto& [tid, task] : seen_.tasks) {
    if (waits_for_description(task.sample)) name_file(task.sample);
  }
}

/// /proc/locks names no waiter of an open file description: it is found by its file.
void SnapshotObjects::name_file(const TaskSample& task) {
  const auto number = static_cast<int>(syscall_argument(task, 0).value_or(0));
  const auto process = seen_.processes.find(task.pid);
  if (process == seen_.processes.end()) return;
  const std::string folder = "/proc/" + std::to_string(task.pid) + "/";
  std::string info;
  std::string mounts;
  begin_(task.pid);
  if (!read_proc(folder + "fdinfo/" + std::to_string(number), info)) return;
  if (!read_proc(folder + "mountinfo", mounts)) return;
  for (Descriptor& d : process->second.descriptors) {
    if (d.number == number) d.file = lock_file(info, mounts);
  }
}

void SnapshotObjects::read_fuse() {
  const std::string folder = "/sys/fs/fuse/connections";
  each_number(folder, [&](int connection) {
    std::string text;
    if (!read_proc(folder + "/" + std::to_string(connection) + "/waiting", text)) return;
    seen_.fuse_waiting[connection] = std::atoi(text.c_str());
    struct stat info {};
    const std::string path = folder + "/" + std::to_string(connection);
    if (::stat(path.c_str(), &info) == 0) seen_.fuse_instances[connection] = info.st_ino;
  });
}

void SnapshotObjects::read_peers() {
  auto peers = unix_peers();
  if (!peers) {
    seen_.absent.push_back({"unix sockets", peers.error().what()});
    return;
  }
  seen_.peers.merge(*peers);
}

/// Of every network namespace that a process with a socket is in.
void SnapshotObjects::read_tcp_peers() {
  std::set<std::string> known;
  for (const auto& [pid, process] : seen_.processes) {
    const auto& all = process.descriptors;
    const bool has_socket = std::any_of(
        all.begin(), all.end(), [](const Descriptor& d) { return d.kind == ObjectKind::Socket; });
    if (!has_socket) continue;
    begin_(pid);
    const std::string folder = "/proc/" + std::to_string(pid) + "/";
    char name[64] = {};
    if (::readlink((folder + "ns/net").c_str(), name, sizeof name - 1) < 0) continue;
    if (!known.insert(name).second) continue;
    std::string tcp;
    std::string tcp6;
    if (!read_proc(folder + "net/tcp", tcp)) continue;
    if (!read_proc(folder + "net/tcp6", tcp6)) tcp6.clear();  // without IPv6
    seen_.peers.merge(quiet_tcp_peers(tcp, tcp6));
  }
}

}  // namespace hangrate
