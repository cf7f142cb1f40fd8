// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/input.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/testing/command.h"

namespace hangrate {
namespace {

TEST(Input, ReadsFilesAndThoseOfProcAndSys) {
  const testing::TempFolder folder;
  std::ofstream(folder / "file") << "text";
  EXPECT_EQ(read_input(folder / "file").value_or(""), "text");
  EXPECT_FALSE(read_input("/proc/self/status").value_or("").empty());
  EXPECT_FALSE(read_input("/sys/devices/system/cpu/online").value_or("").empty());
}

TEST(Input, WhatMayNeverAnswerIsRefusedAtOnce) {
  const testing::TempFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, std::string("/dev/zero"), folder.path()}) {
    const auto text = read_input(path);
    ASSERT_FALSE(text) << path;
    EXPECT_EQ(text.error().kind(), ErrorKind::Usage);
    EXPECT_NE(text.error().what().find("not a regular file"), std::string::npos);
  }
}

TEST(Input, AFileBeyondTheCapIsRefusedAndOneAtTheCapIsNot) {
  const testing::TempFolder folder;
  std::ofstream(folder / "file") << "12345";
  EXPECT_TRUE(read_input(folder / "file", 5));
  const auto text = read_input(folder / "file", 4);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind(), ErrorKind::Usage);
}

TEST(Input, WhatIsNotThereIsAUsageError) {
  const auto text = read_input("/nowhere/file");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind(), ErrorKind::Usage);
}

}  // namespace
}  // namespace hangrate
