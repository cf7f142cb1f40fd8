// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/own_tasks.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/model/evidence.h"
#include "harness/model/mountinfo.h"
#include "harness/model/proc_text.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostKnown = 256;  // of all watches; each holds a descriptor
constexpr int kLongestDescent = 64;

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::string stat_of(const std::string& folder) {
  return read_file(folder + "/stat").value_or("");
}

/// Threads by number, of a process that may be ending.
std::vector<std::string> threads_of(const std::string& process) {
  std::vector<std::string> tids;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + process + "/task", error)) {
    tids.push_back(entry.path().filename());
  }
  return tids;
}

/// Is the FUSE connection in the mount namespace of a thread? One that waits in exit_files() still
/// has it when the first thread of its process has lost it (v6.1 kernel/exit.c do_exit()).
bool mounts_fuse(const std::string& process, int minor_number) {
  for (const std::string& tid : threads_of(process)) {
    const std::string path = "/proc/" + process + "/task/" + tid + "/mountinfo";
    for (const Mount& mount : parse_mountinfo(read_file(path).value_or(""))) {
      if (mount.is_fuse() && mount.major == 0 && mount.minor == minor_number) return true;
    }
  }
  return false;
}

}  // namespace

Standing OwnTasks::standing(const Namer& namer, pid_t pid) {
  if (pid <= 0) return Standing::Foreign;
  if (const Known* before = known(namer, pid)) {
    return has_ended(before->process) ? Standing::Gone : Standing::Ours;
  }
  UniqueFd process = open_process(pid);
  const int error = errno;
  if (!process && error == ESRCH) return Standing::Gone;
  // The chain of parents is read piece by piece while its tasks may end: what looks foreign is
  // looked at again.
  const bool ours = descends(namer, pid) || descends(namer, pid);
  if (process && has_ended(process)) return Standing::Gone;
  if (!ours) return Standing::Foreign;
  if (process) {
    if (known_.size() == kMostKnown) known_.pop_front();
    known_.push_back({namer.watch, pid, std::move(process)});
  }
  return Standing::Ours;
}

const OwnTasks::Known* OwnTasks::known(const Namer& namer, pid_t pid) const {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& k) {
    return k.watch == namer.watch && k.pid == pid;
  });
  return found != known_.end() ? &*found : nullptr;
}

bool OwnTasks::descends(const Namer& namer, pid_t pid) const {
  pid_t at = pid;
  for (int step = 0; step < kLongestDescent; ++step) {
    if (at == (namer.worker != 0 ? namer.worker : supervisor_)) return true;
    const std::optional<int> parent = parent_of(stat_of(folder_of(at)));
    if (!parent || *parent <= 0) return false;
    if (*parent == supervisor_) {
      // A child of the supervisor: itself a worker or a helper, or an orphan it adopted.
      if (namer.worker == 0) return at != ::getpid();
      const bool another = std::find(workers_.begin(), workers_.end(), at) != workers_.end();
      return !another && (threads_.empty() || in_cgroup(at));
    }
    at = *parent;
  }
  return false;
}

std::vector<std::string> OwnTasks::members() const {
  return threads_.empty() ? std::vector<std::string>()
                          : split(trimmed(read_file(threads_).value_or("")), '\n');
}

bool OwnTasks::in_cgroup(pid_t pid) const {
  const std::vector<std::string> inside = members();
  const std::vector<std::string> threads = threads_of(std::to_string(pid));
  return std::any_of(threads.begin(), threads.end(),
                     [&](const std::string& tid) { return contains(inside, tid); });
}

bool OwnTasks::signal(const Namer& namer, pid_t pid, pid_t tid, std::uint64_t started, int signal) {
  if (standing(namer, pid) != Standing::Ours) return false;
  const Known* process = known(namer, pid);
  if (process == nullptr) return false;  // without a handle there is no telling whom it would reach
  if (started != 0) {
    TaskSample now;
    parse_stat(stat_of(folder_of(pid) + "/task/" + std::to_string(tid)), now);
    if (now.started != started) return false;
  }
  return signal_process(process->process, signal);
}

int OwnTasks::handle(const Namer& namer, pid_t pid) const {
  const Known* process = known(namer, pid);
  return process != nullptr ? process->process.get() : -1;
}

bool OwnTasks::owns_connection(const Namer& namer, const std::vector<pid_t>& named,
                               int minor_number) {
  if (mounts_fuse("self", minor_number)) return false;
  if (threads_.empty() && namer.worker == 0) return true;  // nobody left who could show it
  std::vector<std::string> holders = members();
  if (namer.worker != 0) holders.insert(holders.begin(), std::to_string(namer.worker));
  for (const pid_t pid : named) {
    if (standing(namer, pid) == Standing::Ours) holders.push_back(std::to_string(pid));
  }
  return std::any_of(holders.begin(), holders.end(),
                     [&](const std::string& holder) { return mounts_fuse(holder, minor_number); });
}

}  // namespace hangrate
