// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real thing, as root with /dev/fuse, in a mount namespace of the test's own.
#include "repros/kit/fuse/mount.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "repros/kit/child.h"
#include "repros/kit/fuse/server.h"

namespace {

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
