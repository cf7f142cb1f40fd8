// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/own_tasks.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/model/evidence.h"
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

bool mounts_fuse(const std::string& mountinfo, const std::string& device) {
  for (const std::string& line : split(mountinfo, '\n')) {
    // "36 35 0:52 / /mnt rw - fuse.x source rw" (proc_pid_mountinfo(5))
    const auto fields = split(line, ' ');
    if (fields.size() < 3 || fields[2] != device) continue;
    if (line.find(" - fuse") != line.npos) return true;
  }
  return false;
}

std::string mounts_of(const std::string& process) {
  return read_file("/proc/" + process + "/mountinfo").value_or("");
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
      return !another && (procs_.empty() || in_cgroup(at));
    }
    at = *parent;
  }
  return false;
}

std::vector<pid_t> OwnTasks::members() const {
  std::vector<pid_t> pids;
  if (procs_.empty()) return pids;
  for (const std::string& line : split(read_file(procs_).value_or(""), '\n')) {
    if (!line.empty()) pids.push_back(static_cast<pid_t>(std::atoi(line.c_str())));
  }
  return pids;
}

bool OwnTasks::in_cgroup(pid_t pid) const {
  const std::vector<pid_t> inside = members();
  return std::find(inside.begin(), inside.end(), pid) != inside.end();
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
  const std::string device = "0:" + std::to_string(minor_number);
  if (mounts_fuse(mounts_of("self"), device)) return false;
  if (procs_.empty() && namer.worker == 0) return true;  // nobody left who could show it
  std::vector<pid_t> holders = members();
  if (namer.worker != 0) holders.insert(holders.begin(), namer.worker);
  for (const pid_t pid : named) {
    if (standing(namer, pid) == Standing::Ours) holders.push_back(pid);
  }
  return std::any_of(holders.begin(), holders.end(), [&](pid_t pid) {
    return mounts_fuse(mounts_of(std::to_string(pid)), device);
  });
}

}  // namespace hangrate
