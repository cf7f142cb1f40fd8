// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/unmoved_look.h"

#include <map>
#include <string>
#include <utility>

#include "harness/diagnose/apart.h"
#include "harness/model/proc_text.h"
#include "harness/sys/pause.h"
#include "harness/sys/proc_folder.h"
#include "harness/waits/unmoved.h"

namespace hangrate {

namespace {

constexpr Nanos kToRead = 2 * kSecond;

using Samples = std::map<std::pair<int, int>, TaskSample>;  // by pid and tid

std::string folder_of(int pid, int tid) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/";
}

/// Not syscall, stack and io: they wait for whoever executes (exec_update_lock, fs/proc/base.c).
void sample(int pid, int tid, Samples& to) {
  const std::string folder = folder_of(pid, tid);
  TaskSample task;
  task.pid = pid;
  task.tid = tid;
  std::string text;
  if (!read_proc(folder + "stat", text)) return;
  parse_stat(text, task);
  if (read_proc(folder + "status", text)) parse_status(text, task);
  if (read_proc(folder + "wchan", text)) parse_wchan(text, task);
  to.emplace(std::pair(pid, tid), std::move(task));
}

/// status alone: 6.12.97, 6.1.178 and 6.18.44 let stat and wchan wait for exec_update_lock too.
void sample_of_blocking(int pid, int tid, Samples& to) {
  TaskSample task;
  task.pid = pid;
  task.tid = tid;
  std::string text;
  if (!read_proc(folder_of(pid, tid) + "status", text)) return;
  parse_status(text, task);
  parse_name_and_state(text, task);
  to.emplace(std::pair(pid, tid), std::move(task));
}

Samples look(const std::vector<TaskRef>& tasks, const std::set<int>& blocking) {
  Samples seen;
  for (const int pid : blocking) {
    each_number("/proc/" + std::to_string(pid) + "/task",
                [&](int tid) { sample_of_blocking(pid, tid, seen); });
  }
  for (const TaskRef& task : tasks) {
    if (!blocking.contains(task.pid)) sample(task.pid, task.tid, seen);
  }
  return seen;
}

std::vector<StuckTask> look_twice(const std::vector<TaskRef>& tasks, std::set<int> blocking) {
  const Samples first = look(tasks, blocking);
  const Nanos begin = now_ns();
  pause_for(kUnmovedFor);
  const Samples second = look(tasks, blocking);
  const Nanos span = now_ns() - begin;
  std::vector<StuckTask> told;
  for (const auto& [ids, now] : second) {
    const auto earlier = first.find(ids);
    if (earlier == first.end()) continue;
    if (auto stuck = unmoved(earlier->second, now, span)) {
      blocking.erase(ids.first);
      told.push_back(std::move(*stuck));
    }
  }
  for (const int pid : blocking) {
    const auto main = second.find({pid, pid});
    if (main != second.end()) told.push_back(unreadable(main->second));
  }
  return told;
}

}  // namespace

void add_unmoved(const ExamineScope& scope, const std::set<int>& blocking, Diagnosis& diagnosis) {
  const std::vector<TaskRef> tasks = std::exchange(diagnosis.unmoved, {});
  const std::set<int> wanted = processes_of(scope);
  std::set<int> ours;
  for (const int pid : blocking) {
    if (scope.all || wanted.contains(pid)) ours.insert(pid);
  }
  if (tasks.empty() && ours.empty()) return;
  auto told = part_diagnosed_apart(
      "hangrate-rest", kUnmovedFor + kToRead,
      [&] {
        Diagnosis part;
        part.stuck = look_twice(tasks, ours);
        return part;
      },
      "tasks in state D", diagnosis);
  if (told) {
    for (StuckTask& task : told->stuck) diagnosis.stuck.push_back(std::move(task));
    return;
  }
  // Even that blocked, so nothing is known of them but this.
  for (const int pid : ours) {
    TaskSample task;
    task.pid = task.tid = pid;
    diagnosis.stuck.push_back(unreadable(task));
  }
}

}  // namespace hangrate
