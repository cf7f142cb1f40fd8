// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is the journal is told by device and inode, as systemd.exec(5) says.
#include "harness/sys/journal_stream.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hangrate {
namespace {

TEST(JournalStream, IsTheOneThatIsNamed) {
  int ends[2] = {-1, -1};
  int others[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::pipe(others), 0);
  struct stat info {};
  ASSERT_EQ(::fstat(ends[1], &info), 0);
  const std::string name = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  ::setenv("JOURNAL_STREAM", name.c_str(), 1);
  EXPECT_TRUE(is_journal(ends[1]));
  EXPECT_FALSE(is_journal(others[1])) << "redirected since";
  EXPECT_FALSE(is_journal(-1));
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(is_journal(ends[1]));
  for (const int fd : {ends[0], ends[1], others[0], others[1]}) ::close(fd);
}

}  // namespace
}  // namespace hangrate
