// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a look at all tasks knows of those that it has no other interest in.
#include "harness/sys/snapshot_reader.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate {
namespace {

/// A pid namespace: its init naps, and a child of that pauses.
[[noreturn]] void serve_namespace() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(CLONE_NEWPID) != 0) ::_exit(4);
  if (::fork() == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::fork() == 0) ::pause();
    for (;;) ::sleep(3600);
  }
  ::pause();
  ::_exit(0);
}

TEST(SnapshotReader, KnowsHowDeepAParentIsWhoseWaitIsNotWorthMore) {
  if (::geteuid() != 0) GTEST_SKIP() << "a pid namespace is made by root";
  const pid_t outside = ::fork();
  if (outside == 0) serve_namespace();
  SnapshotReader reader([](const TaskSample& task) { return task.syscall_name == "pause"; });
  const SeenTask* naps = nullptr;
  const SeenTask* pauses = nullptr;
  Snapshot seen;
  while (pauses == nullptr && ::waitpid(outside, nullptr, WNOHANG) == 0) {
    seen = reader.tasks();
    naps = pauses = nullptr;
    for (const auto& [tid, task] : seen.tasks) {
      if (task.parent == outside) naps = &task;
    }
    for (const auto& [tid, task] : seen.tasks) {
      const bool its = naps != nullptr && task.parent == naps->sample.tid;
      if (its && task.numbers.size() > 1) pauses = &task;
    }
  }
  ::kill(outside, SIGKILL);
  ::waitpid(outside, nullptr, 0);
  if (pauses == nullptr) GTEST_SKIP() << "no pid namespace can be made here";
  EXPECT_EQ(naps->numbers.size(), pauses->numbers.size());
  EXPECT_EQ(naps->numbers.back(), 1);
}

}  // namespace
}  // namespace hangrate
