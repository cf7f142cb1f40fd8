// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/scope_life.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

/// A folder with the file that makes one a cgroup.
class CgroupLife : public ::testing::Test {
 protected:
  void make() {
    std::filesystem::create_directory(path_);
    ASSERT_TRUE(write_file_atomically(path_ + "/cgroup.procs", ""));
  }
  void remove() { std::filesystem::remove_all(path_); }

  testing::TempFolder folder_;
  const std::string path_ = folder_ / "service";
};

TEST_F(CgroupLife, AServiceThatIsStartedAgainIsNotGone) {
  make();
  ScopeLife life({.cgroup = path_});
  EXPECT_EQ(life.gone(0), "");
  remove();
  EXPECT_EQ(life.gone(kSecond), "");
  EXPECT_EQ(life.gone(ScopeLife::kRestart), "");
  make();
  EXPECT_EQ(life.gone(2 * ScopeLife::kRestart), "");
  remove();
  EXPECT_EQ(life.gone(5 * ScopeLife::kRestart), "") << "the time counts from when it was seen away";
}

TEST_F(CgroupLife, OneThatStaysAwayIsGone) {
  make();
  ScopeLife life({.cgroup = path_});
  remove();
  EXPECT_EQ(life.gone(kSecond), "");
  EXPECT_EQ(life.gone(kSecond + ScopeLife::kRestart), "the cgroup " + path_ + " is gone");
}

}  // namespace
}  // namespace hangrate
