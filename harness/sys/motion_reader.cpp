// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/motion_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/model/proc_text.h"
#include "harness/sys/proc_folder.h"

namespace hangrate {

namespace {

constexpr rlim_t kMostFiles = 8192;
constexpr int kSpareFiles = 64;  // for all else

std::string task_folder(int pid, int tid) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/";
}

/// nullopt: there is no such task any more, nothing is counted, or it has not run yet.
std::optional<TaskMotion> held_motion(int counters) {
  char text[128];
  const ssize_t bytes = ::pread(counters, text, sizeof text, 0);
  if (bytes <= 0) return std::nullopt;
  return parse_schedstat({text, static_cast<std::size_t>(bytes)});
}

/// nullopt: there is no such task any more.
std::optional<TaskMotion> found_motion(int pid, int tid) {
  std::string text;
  if (read_proc(task_folder(pid, tid) + "schedstat", text)) {
    if (const auto motion = parse_schedstat(text)) return motion;
  }
  TaskSample sample;  // without CONFIG_SCHED_INFO, or it has not run yet
  if (!read_proc(task_folder(pid, tid) + "status", text)) return std::nullopt;
  parse_status(text, sample);
  return TaskMotion{.times = sample.switches.value_or(0)};
}

}  // namespace

MotionReader::MotionReader(ReaderLife life) : life_(std::move(life)) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kMostFiles));
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  most_held_ = static_cast<int>(std::min(limit.rlim_cur, kMostFiles)) - kSpareFiles;
}

/// Empty: too many are held, or there is no such file any more.
UniqueFd MotionReader::hold(const std::string& path, int flags) const {
  UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC));
  return file.get() < most_held_ ? std::move(file) : UniqueFd();
}

TaskMotions MotionReader::look() {
  TaskMotions seen;
  std::set<int> listed;
  const int self = ::getpid();
  each_number("/proc", [&](int pid) {
    listed.insert(pid);
    if (pid == self || kernel_threads_.contains(pid) || life_.blocking.contains(pid)) return;
    if (life_.place != nullptr) life_.place->at(pid);
    if (!known_.contains(pid) && is_kernel_thread(pid)) {
      kernel_threads_.insert(pid);
    } else {
      read_process(pid, seen);
    }
  });
  // Their numbers will be those of others.
  std::erase_if(known_, [&](const auto& entry) { return !listed.contains(entry.first); });
  std::erase_if(kernel_threads_, [&](int pid) { return !listed.contains(pid); });
  return seen;
}

bool MotionReader::is_kernel_thread(int pid) {
  TaskSample task;
  std::string text;
  if (!read_proc("/proc/" + std::to_string(pid) + "/stat", text)) return false;
  parse_stat(text, task);
  return (task.flags & kFlagKthread) != 0;
}

/// The number of links tells that a thread came or went (fs/proc/base.c proc_task_getattr(), v2.6
/// to v7.2); where one went and another came, the one that went cannot be read.
void MotionReader::read_process(int pid, TaskMotions& into) {
  Process& process = known_[pid];
  struct stat info {};
  const bool same = process.folder && ::fstat(process.folder.get(), &info) == 0 &&
                    process.links == info.st_nlink && !process.threads.empty();
  if (same && read_threads(pid, process, into)) return;
  // Anew, since its number may be that of another process by now.
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  process = {};
  process.folder = hold(folder, O_PATH | O_DIRECTORY);
  if (::stat(folder.c_str(), &info) != 0) return;
  process.links = info.st_nlink;
  list_threads(pid, process);
  read_threads(pid, process, into);
}

void MotionReader::list_threads(int pid, Process& process) {
  each_number("/proc/" + std::to_string(pid) + "/task", [&](int tid) {
    process.threads.push_back({tid, hold(task_folder(pid, tid) + "schedstat", O_RDONLY)});
  });
}

/// False: not all of them are there any more.
bool MotionReader::read_threads(int pid, const Process& process, TaskMotions& into) {
  bool all = true;
  for (const Thread& thread : process.threads) {
    auto motion = thread.counters ? held_motion(thread.counters.get()) : std::nullopt;
    if (!motion) motion = found_motion(pid, thread.tid);
    all = all && motion;
    if (!motion) continue;
    motion->pid = pid;
    into[thread.tid] = *motion;
  }
  return all;
}

}  // namespace hangrate
