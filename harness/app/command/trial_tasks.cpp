// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/command/trial_tasks.h"

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/model/proc_text.h"
#include "harness/sys/pause.h"
#include "harness/sys/proc_folder.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

std::string text_of(int pid, int tid, const char* file) {
  std::string text;
  read_proc("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + file, text);
  return text;
}

std::string stat_of(int pid, int tid) {
  return text_of(pid, tid, "/stat");
}

bool sleeps(int pid) {
  bool asleep_all = true;
  each_number("/proc/" + std::to_string(pid) + "/task", [&](int tid) {
    TaskSample sample;
    parse_stat(stat_of(pid, tid), sample);
    if (alive(sample)) asleep_all = asleep_all && asleep(sample.state);
  });
  return asleep_all;
}

}  // namespace

bool TrialTasks::adopt_orphans() {
  return ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

std::set<int> TrialTasks::all() {
  std::map<int, int> parents;
  each_number("/proc", [&](int pid) {
    if (const auto parent = parent_of(stat_of(pid, pid))) parents[pid] = *parent;
  });
  std::set<int> ours = {::getpid()};
  for (bool more = true; more;) {
    more = false;
    for (const auto& [pid, parent] : parents) {
      if (ours.contains(parent) && ours.insert(pid).second) more = true;
    }
  }
  ours.erase(::getpid());
  return ours;
}

bool TrialTasks::all_asleep() {
  bool any = false;
  for (const int pid : all()) {
    if (!sleeps(pid)) return false;
    any = true;
  }
  return any;
}

std::map<int, std::uint64_t> TrialTasks::switches() {
  std::map<int, std::uint64_t> seen;
  for (const int pid : all()) {
    each_number("/proc/" + std::to_string(pid) + "/task", [&](int tid) {
      TaskSample sample;
      parse_status(text_of(pid, tid, "/status"), sample);
      seen[tid] = sample.switches.value_or(0);
    });
  }
  return seen;
}

/// Held before it is looked at once more: the number may be somebody else's by now.
void TrialTasks::kill_each() {
  std::map<int, UniqueFd> handles;
  for (const int pid : all()) handles[pid] = open_process(pid);
  for (const int pid : all()) {
    if (handles[pid]) signal_process(handles[pid], SIGKILL);
  }
}

bool TrialTasks::kill_all(Nanos limit) {
  const Nanos deadline = now_ns() + limit;
  while (true) {
    if (reap_but(0)) return true;
    kill_each();
    if (now_ns() > deadline) return false;
    pause_for(kMilli / 2);
  }
}

bool TrialTasks::reap_but(pid_t main) {
  siginfo_t ended{};
  while (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0) {
    if (ended.si_pid == 0) return false;
    if (ended.si_pid == main) return true;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
    ended.si_pid = 0;
  }
  return true;
}

}  // namespace hangrate
