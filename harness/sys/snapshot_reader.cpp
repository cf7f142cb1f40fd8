// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/snapshot_reader.h"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "harness/model/proc_text.h"
#include "harness/sys/proc_folder.h"
#include "harness/sys/snapshot_objects.h"
#include "harness/sys/syscall_names.h"

namespace hangrate {

namespace {

/// In which the stack alone tells what is waited for.
bool wants_stack(const TaskSample& task) {
  if (task.state == 'D' || (task.flags & kFlagExiting) != 0) return true;
  if (task.wchan.empty()) return true;          // v5.10 gives no place there
  if (task.wchan == "wait_woken") return true;  // of many: of TCP, of terminals
  for (const char* call : {"execve", "execveat", "ptrace", "restart_syscall", "splice", "tee",
                           "sendfile", "vmsplice", "wait4", "waitid"}) {
    if (task.syscall_name == call) return true;
  }
  return task.syscall_name.empty();
}

/// SO_RCVTIMEO, SO_SNDTIMEO: a call on this socket ends by itself. What a connection of several
/// paths (MPTCP) has on its way shows nowhere.
bool may_end_by_itself(int socket) {
  constexpr int kMultipath = 262;  // IPPROTO_MPTCP
  int protocol = 0;
  socklen_t size = sizeof protocol;
  ::getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
  if (protocol == kMultipath) return true;
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    timeval limit{};
    socklen_t bytes = sizeof limit;
    if (::getsockopt(socket, SOL_SOCKET, which, &limit, &bytes) != 0) continue;
    if (limit.tv_sec != 0 || limit.tv_usec != 0) return true;
  }
  return false;
}

}  // namespace

Snapshot SnapshotReader::tasks(const std::set<int>& only) {
  Snapshot seen;
  seen.when = now_ns();
  if (!only.empty()) {
    for (const int pid : only) read_process(pid, seen);
    return seen;
  }
  const int self = ::getpid();
  each_number("/proc", [&](int pid) {
    if (pid != self && !kernel_threads_.contains(pid)) read_process(pid, seen);
  });
  number_parents(seen);
  return seen;
}

/// Whose parent is not as deep in pid namespaces was put into its own by setns(2): of a parent that
/// is not worth more the depth must be known all the same.
void SnapshotReader::number_parents(Snapshot& seen) const {
  std::set<int> parents;
  for (const auto& [tid, task] : seen.tasks) {
    if (task.numbers.size() > 1) parents.insert(task.parent);
  }
  for (const int pid : parents) {
    const auto parent = seen.tasks.find(pid);
    if (parent == seen.tasks.end() || !parent->second.numbers.empty()) continue;
    begin(pid);
    std::string text;
    SeenTask known;
    if (!read_proc("/proc/" + std::to_string(pid) + "/status", text)) continue;
    parse_status(text, known);
    parent->second.numbers = known.numbers;
  }
}

void SnapshotReader::begin(int pid) const {
  if (life_.place != nullptr) life_.place->at(pid);
}

void SnapshotReader::read_process(int pid, Snapshot& into) {
  begin(pid);
  if (life_.blocking.contains(pid)) {
    into.processes[pid].opaque = "a read of its files blocks";
    return;
  }
  const bool listed = each_number("/proc/" + std::to_string(pid) + "/task", [&](int tid) {
    if (read_task(pid, tid, into)) return;
    if (tid == pid) kernel_threads_.insert(pid);
  });
  if (!listed && (errno == EACCES || errno == EPERM)) {
    into.processes[pid].opaque = std::strerror(errno);
  }
}

/// False: a kernel thread.
bool SnapshotReader::read_task(int pid, int tid, Snapshot& into) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/";
  SeenTask task;
  task.sample.pid = pid;
  task.sample.tid = tid;
  std::string text;
  if (!read_proc(folder + "stat", text)) return true;
  parse_stat(text, task);
  if ((task.sample.flags & kFlagKthread) != 0) return false;
  if (asleep(task.sample.state)) {
    if (read_proc(folder + "syscall", text)) parse_syscall(text, task.sample);
    task.sample.syscall_name = syscall_name(syscall_number(task.sample));
  }
  const bool worth = asleep(task.sample.state) && worth_(task.sample);
  // Who traces the dead and which namespace they are of decides who can reap them.
  if ((worth || task.sample.state == 'Z') && read_proc(folder + "status", text)) {
    parse_status(text, task);
  }
  if (worth) {
    if (read_proc(folder + "wchan", text)) parse_wchan(text, task.sample);
    if (wants_stack(task.sample) && read_proc(folder + "stack", text)) {
      parse_stack(text, task.sample);
    }
  }
  into.tasks.emplace(tid, std::move(task));
  return true;
}

void SnapshotReader::objects(Snapshot& seen) const {
  SnapshotObjects(seen, [this](int pid) { begin(pid); }).read();
}

void SnapshotReader::waits(Snapshot& seen) const {
  SnapshotObjects(seen, [this](int pid) { begin(pid); }).read_waits();
}

std::optional<short> SnapshotReader::ask(int pid, int descriptor, short events) const {
  begin(pid);
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return std::nullopt;
  const UniqueFd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), descriptor, 0)));
  if (!copy) return std::nullopt;
  pollfd look{.fd = copy.get(), .events = events, .revents = 0};
  if (::poll(&look, 1, 0) < 0 || may_end_by_itself(copy.get())) return std::nullopt;
  return look.revents;
}

}  // namespace hangrate
