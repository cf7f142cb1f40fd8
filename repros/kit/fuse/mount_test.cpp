// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real thing, as root with /dev/fuse, in a mount namespace of the test's own.
#include "repros/kit/fuse/mount.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "repros/kit/child.h"
#include "repros/kit/fuse/server.h"

namespace {

constexpr unsigned kOwner = 4000000000U;  // nobody
hang_fd device;

class FuseMount : public ::testing::Test {
 protected:
  void SetUp() override {
    static hang_slot slot;
    hang_self.slot = &slot;
    static const std::string problem = hang_fuse_prepare();  // once: it hides the one before
    if (!problem.empty()) GTEST_SKIP() << problem;
  }
};

TEST_F(FuseMount, IsFoundWithoutAServer) {
  const int connection = hang_fuse_mount(&device);  // would sleep for ever if it asked
  EXPECT_GT(connection, 0);
  EXPECT_EQ(hang_fuse_waiting(connection), 1);  // INIT
  EXPECT_TRUE(hang_fuse_abort(connection));
  EXPECT_EQ(hang_fuse_waiting(connection), 0);
  hang_fuse_unmount();
  device.reset();
  EXPECT_TRUE(hang_until([=] { return hang_fuse_waiting(connection) == -1; }));
  EXPECT_FALSE(hang_fuse_abort(connection));
}

TEST_F(FuseMount, IsGuardedFromMountToUnmount) {
  hang_slot& slot = *hang_self.slot;
  const int connection = hang_fuse_mount(&device);
  EXPECT_EQ(slot.fuse_connection.load(), connection);
  EXPECT_NE(slot.fuse_instance.load(), 0U);
  hang_fuse_unmount();
  device.reset();
  EXPECT_EQ(slot.fuse_connection.load(), 0);
  EXPECT_EQ(slot.fuse_instance.load(), 0U);
}

TEST_F(FuseMount, IsAbortedOnlyIfItIsTheOneMeant) {
  const int connection = hang_fuse_mount(&device);
  const std::uint64_t instance = hang_fuse_instance(connection);
  EXPECT_FALSE(hang_fuse_abort_meant(connection, {instance + 1, 0, 0}));
  EXPECT_FALSE(hang_fuse_abort_meant(connection, {0, kOwner, 1}));
  EXPECT_EQ(hang_fuse_waiting(connection), 1);
  EXPECT_TRUE(hang_fuse_abort_meant(connection, {instance, 0, 0}));
  EXPECT_EQ(hang_fuse_waiting(connection), 0);
  hang_fuse_unmount();
  device.reset();
}

/// A worker with a guard mounts, lets `prepare` say what is to be aborted, and dies. Returns when
/// the guard has ended too.
void die_guarded(void (*prepare)(int connection)) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  device.reset(::open("/dev/fuse", O_RDWR | O_CLOEXEC));  // not closed by the death: no abort
  if (::fork() == 0) {
    char options[96];
    std::snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=1",
                  static_cast<int>(device), kOwner);
    hang_fuse_guard_start();
    if (::mount("hangrate", HANG_FUSE_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options) == 0)
      prepare(hang_fuse_number());
    ::_exit(0);
  }
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

TEST_F(FuseMount, OfADeadWorkerIsAborted) {
  die_guarded([](int connection) { hang_fuse_guard(connection); });
  EXPECT_EQ(hang_fuse_waiting(hang_fuse_number()), 0);
  hang_fuse_unmount();
  device.reset();
}

TEST_F(FuseMount, OfADeadWorkerThatDidNotKnowItsNumberIsAborted) {
  die_guarded([](int) { hang_fuse_guard_mount(kOwner, 1); });
  EXPECT_EQ(hang_fuse_find(kOwner, 1), hang_fuse_number());
  EXPECT_EQ(hang_fuse_waiting(hang_fuse_number()), 0);
  hang_fuse_unmount();
  device.reset();
}

TEST_F(FuseMount, OfSomebodyElseThatHasTheNumberIsLetAlone) {
  die_guarded([](int connection) {
    hang_fuse_guard(connection);
    ++hang_fuse_guarded_now()->instance;
    hang_fuse_guard_mount(kOwner, 2);
  });
  EXPECT_EQ(hang_fuse_find(kOwner, 2), 0);
  EXPECT_EQ(hang_fuse_waiting(hang_fuse_number()), 1);
  EXPECT_TRUE(hang_fuse_abort(hang_fuse_number()));
  hang_fuse_unmount();
  device.reset();
}

void serve() {
  hang_fuse_serve(device, [](std::uint32_t) { return HANG_FUSE_ANSWER; });
}
void read_file() {
  std::ifstream file(HANG_FUSE_PATH);
  std::ostringstream text;
  text << file.rdbuf();
  ::_exit(text.str() == HANG_FUSE_TEXT ? 0 : 1);
}

TEST_F(FuseMount, ServesAFile) {
  hang_child server, client;
  hang_fuse_mount(&device);
  hang_child_start(&server, 0, serve);
  device.reset();
  hang_child_start(&client, 0, read_file);
  int status = -1;
  EXPECT_EQ(::waitpid(client.pid, &status, 0), client.pid);
  EXPECT_EQ(status, 0);
  hang_child_kill(&server);
  EXPECT_TRUE(hang_child_ends(&server, 5));
  hang_fuse_unmount();
}

}  // namespace
