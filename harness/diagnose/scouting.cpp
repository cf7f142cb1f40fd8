// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/scouting.h"

#include <algorithm>
#include <utility>

#include "harness/sys/cpu_reader.h"
#include "harness/waits/spinning.h"
#include "harness/waits/wait.h"

namespace hangrate {

namespace {

constexpr int kLooksAtRest = 2;

}  // namespace

Scouting::Scouting(ExamineScope scope, ReaderLife life)
    : scope_(std::move(scope)),
      life_(std::move(life)),
      motions_(life_),
      reader_(may_be_closed, life_),
      rest_(kLooksAtRest) {}

ScoutReport Scouting::look() {
  pids_ = processes_of(scope_);
  ScoutReport report;
  const TaskMotions seen = motions_.look();
  const RestChanges changes = rest_.look(seen, now_ns());
  report.tasks = seen.size();
  add_moved(changes.moved, report);
  std::vector<int> unsettled = open_.due(rest_, now_ns());
  unsettled.insert(unsettled.end(), changes.rested.begin(), changes.rested.end());
  add_resting(unsettled, seen, report);
  add_spinning(changes.busy, seen, report);
  report.in_scope = std::any_of(resting_.begin(), resting_.end(),
                                [&](const auto& task) { return asked_about(task.second); });
  return report;
}

bool Scouting::asked_about(int pid) const {
  return scope_.all || pids_.contains(pid);
}

void Scouting::add_moved(const std::vector<int>& moved, ScoutReport& report) {
  open_.moved(moved);
  for (const int tid : moved) {
    if (resting_.erase(tid) != 0) report.moved.push_back(tid);
  }
}

void Scouting::add_resting(const std::vector<int>& rested, const TaskMotions& seen,
                           ScoutReport& report) {
  std::set<int> pids;
  for (const int tid : rested) pids.insert(seen.at(tid).pid);
  if (pids.empty()) return;
  Snapshot details = reader_.tasks(pids);
  for (const int tid : may_hang(details, rested)) {
    report.resting[tid] = rest_.since(tid);
    resting_[tid] = seen.at(tid).pid;
  }
}

/// By what they and their processes show alone; what others hold is not looked at here.
std::set<int> Scouting::may_hang(Snapshot& seen, const std::vector<int>& rested) {
  const Nanos now = now_ns();
  std::set<int> tids;
  for (const int tid : rested) {
    const auto task = seen.tasks.find(tid);
    const bool worth = task != seen.tasks.end() && asleep(task->second.sample.state) &&
                       may_be_closed(task->second.sample);
    if (!worth) {
      open_.forget(tid);
    } else if (!open_.holds(tid, task->second.sample.syscall, now)) {
      tids.insert(tid);
    }
  }
  if (tids.empty()) return tids;
  reader_.waits(seen);
  std::erase_if(tids, [&](int tid) {
    const SeenTask& task = seen.tasks.at(tid);
    if (wait_in(seen, task).kind == Wait::Kind::Closed) {
      open_.forget(tid);
      return false;
    }
    open_.note(tid, task.sample.syscall, now);
    return true;
  });
  return tids;
}

/// Who is busy, and who has been and has not left the kernel since: it may get less CPU for a
/// while.
void Scouting::add_spinning(const std::vector<int>& busy, const TaskMotions& seen,
                            ScoutReport& report) {
  const CpuReader reader(life_);
  for (const int tid : busy) {
    const int pid = seen.at(tid).pid;
    if (!asked_about(pid) || stays_.contains(tid)) continue;
    if (auto now = reader.sample(pid, tid)) stays_[tid] = {std::move(*now)};
  }
  std::set<int> left;
  for (auto& [tid, stay] : stays_) {
    const auto now = reader.sample(stay.first.pid, tid);
    if (!now || !left_the_kernel(stay.first, *now).empty()) {
      if (stay.told) report.not_spinning.push_back(tid);
      left.insert(tid);
      continue;
    }
    auto spinner = spinning(stay.first, *now, kSpins, cpu_tick());
    if (!spinner || std::exchange(stay.told, true)) continue;
    report.spinning.push_back(std::move(*spinner));
  }
  for (const int tid : left) stays_.erase(tid);
}

}  // namespace hangrate
