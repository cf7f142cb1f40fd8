// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/examine.h"

#include <set>

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/sys/namespaces.h"
#include "harness/sys/pause.h"
#include "harness/sys/proc_folder.h"
#include "harness/sys/snapshot_reader.h"
#include "harness/waits/wait.h"
#include "harness/waits/wait_graph.h"

namespace hangrate {

namespace {

/// Processes of a cgroup and of those below it; what ended meanwhile is left out.
void add_members(const std::string& cgroup, std::set<int>& pids) {
  std::string text;
  if (!read_proc(cgroup + "/cgroup.procs", text)) return;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) pids.insert(std::atoi(line.c_str()));
  }
  each_folder(cgroup, [&](const std::string& below) { add_members(below, pids); });
}

class Examination {
 public:
  explicit Examination(const ExamineOptions& options)
      : options_(options),
        pids_(processes_of(options.scope)),
        reader_(may_be_closed, options.reader) {}

  Diagnosis run() {
    const Nanos begin = now_ns();
    Diagnosis diagnosis = options_.scope.all || !pids_.empty() ? look() : Diagnosis();
    if (!shows_all_processes()) leave_unproven(diagnosis);
    diagnosis.took = now_ns() - begin;
    return diagnosis;
  }

 private:
  /// Cheap looks first: most tasks move, or wait in a way that can always end.
  Diagnosis look() {
    if (!options_.scope.all && nobody_sleeps(reader_.tasks(pids_))) return {};
    const Snapshot before = reader_.tasks();
    pause_for(options_.gap);
    Snapshot after = reader_.tasks();
    if (anything_still(before, after)) reader_.objects(after);
    WaitGraph graph(before, after,
                    {.scope = scope_of(after),
                     .signals_are_ours = options_.signals_are_ours,
                     .births_tell = ::geteuid() == 0});
    const Answers answers = ask(graph.questions());
    pause_for(options_.gap);
    const std::set<int> again = graph.to_look_at_again();
    Diagnosis diagnosis =
        graph.conclude(answers, again.empty() ? Snapshot() : reader_.tasks(again));
    diagnosis.absent = after.absent;
    return diagnosis;
  }

  /// Has any task slept from one look to the other in a call that could be a hang? Else nobody
  /// needs to know who holds what.
  static bool anything_still(const Snapshot& before, const Snapshot& after) {
    for (const auto& [tid, task] : after.tasks) {
      const auto earlier = before.tasks.find(tid);
      const auto& switches = task.sample.switches;
      if (switches && earlier != before.tasks.end() &&
          earlier->second.sample.switches == switches) {
        return true;
      }
    }
    return false;
  }

  static bool nobody_sleeps(const Snapshot& seen) {
    for (const auto& [tid, task] : seen.tasks) {
      if (asleep(task.sample.state)) return false;
    }
    return true;
  }

  std::set<int> scope_of(const Snapshot& seen) const {
    std::set<int> tids;
    if (options_.scope.all) return tids;
    for (const auto& [tid, task] : seen.tasks) {
      if (pids_.contains(task.sample.pid)) tids.insert(tid);
    }
    tids.insert(0);  // not empty, even if they are all gone: empty means all
    return tids;
  }

  Answers ask(const std::vector<Question>& questions) const {
    Answers answers;
    for (const Question& question : questions) {
      const auto events = reader_.ask(question.pid, question.descriptor, question.events);
      if (events) answers[question] = *events;
    }
    return answers;
  }

  /// Who is outside of our pid namespace may hold anything.
  static void leave_unproven(Diagnosis& diagnosis) {
    for (const WaitProof& proof : diagnosis.proofs) {
      for (const TaskRef& task : proof.members) {
        diagnosis.stuck.push_back({task,
                                   "it waits, and not all processes of the machine are shown here "
                                   "(pid namespace, hidepid)"});
      }
    }
    diagnosis.proofs.clear();
  }

  const ExamineOptions& options_;
  std::set<int> pids_;
  SnapshotReader reader_;
};

}  // namespace

bool shows_all_processes() {
  return in_initial_pid_namespace() && ::access("/proc/1/stat", R_OK) == 0;
}

std::set<int> processes_of(const ExamineScope& scope) {
  std::set<int> pids(scope.pids.begin(), scope.pids.end());
  if (!scope.cgroup.empty()) add_members(scope.cgroup, pids);
  return pids;
}

Diagnosis examine(const ExamineOptions& options) {
  return Examination(options).run();
}

}  // namespace hangrate
