// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/cgroup.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/child.h"

namespace hangrate {
namespace {

TEST(CgroupMounts, FindsV2AndAUsefulV1) {
  const std::string hybrid =
      "30 25 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
      "36 25 0:32 / /sys/fs/cgroup/pids rw,relatime shared:1 - cgroup cgroup rw,pids\n"
      "39 25 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
  const CgroupMounts mounts = find_cgroup_mounts(hybrid);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.v1, "/sys/fs/cgroup/pids");
  EXPECT_EQ(mounts.v1_controller, "pids");
}

TEST(CgroupMounts, NoneIsNone) {
  const CgroupMounts mounts = find_cgroup_mounts("22 1 0:20 / /proc rw - proc proc rw\ngarbage\n");
  EXPECT_TRUE(mounts.v2.empty());
  EXPECT_TRUE(mounts.v1.empty());
}

TEST(Cgroup, EmptyLeavesOfRunsThatAreOverGoAndThoseOfOthersStay) {
  const std::string number = std::to_string(::getpid());
  const Cgroup ours = Cgroup::make("probe-a-" + number);
  if (ours.version() == 0) GTEST_SKIP() << ours.why_not();
  std::string abandoned = ours.path();
  abandoned.replace(abandoned.find("probe-a-"), 8, "probe-b-");
  ASSERT_EQ(::mkdir(abandoned.c_str(), 0755), 0);
  const Cgroup other = Cgroup::make("test-c-" + number);
  EXPECT_NE(::access(abandoned.c_str(), F_OK), 0);
  EXPECT_EQ(::access(ours.path().c_str(), F_OK), 0);
  EXPECT_EQ(::access(other.path().c_str(), F_OK), 0);
}

TEST(Cgroup, WhoIsStartedInItAfterAllWereKilledLives) {
  const Cgroup group = Cgroup::make("test-kill-" + std::to_string(::getpid()));
  if (group.version() == 0) GTEST_SKIP() << group.why_not();
  const auto start = [&](const char* script) {
    return spawn({.argv = {"/bin/sh", "-c", script},
                  .cgroup_fd = group.directory_fd(),
                  .cgroup_procs = group.procs_file()});
  };
  const auto sleeper = start("sleep 60");
  ASSERT_TRUE(sleeper);
  int status = 0;
  while (group.processes().empty()) ::sched_yield();  // v1: it writes itself into the group
  while (::waitpid(*sleeper, &status, WNOHANG) == 0) group.kill_all();
  EXPECT_TRUE(WIFSIGNALED(status));
  while (!group.processes().empty()) group.kill_all();  // what the shell had started
  const auto next = start("exit 7");
  ASSERT_TRUE(next);
  ASSERT_EQ(::waitpid(*next, &status, 0), *next);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace hangrate
