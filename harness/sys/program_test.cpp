// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

using ::testing::HasSubstr;

TEST(Program, GivesStdoutAndKeepsStderrInTheLog) {
  const testing::TempFolder folder;
  std::string output;
  const auto ran = run_program({.argv = {"sh", "-c", "pwd; echo $WORD; echo seen >&2"},
                                .environment = {{"WORD", "given"}},
                                .folder = folder.path(),
                                .log = folder / "log",
                                .output = &output});
  ASSERT_TRUE(ran) << ran.error().what();
  EXPECT_EQ(output, folder.path() + "\ngiven");
  EXPECT_EQ(read_file(folder / "log"), "seen\n");
}

TEST(Program, AFailureQuotesTheLastLineAndNamesTheLog) {
  const testing::TempFolder folder;
  const auto ran = run_program(
      {.argv = {"sh", "-c", "echo first; echo no space left; exit 7"}, .log = folder / "log"});
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what(), HasSubstr("exit status 7: no space left (log: " + folder.path()));
  EXPECT_EQ(ran.error().kind(), ErrorKind::Infrastructure);
}

TEST(Program, IsKilledWithItsChildrenAtTheDeadline) {
  const testing::TempFolder folder;
  const Nanos start = now_ns();
  const auto ran = run_program({.argv = {"sh", "-c", "sleep 60 & echo $! > pid; wait"},
                                .folder = folder.path(),
                                .log = folder / "log",
                                .limit = 300 * kMilli});
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what(), HasSubstr("did not end within"));
  EXPECT_LT(now_ns() - start, 10 * kSecond);
  const pid_t sleeper = std::stoi(first_line(folder / "pid"));
  for (int look = 0; look < 500 && ::kill(sleeper, 0) == 0; ++look) {
    // An orphan nobody collects stays as a zombie: that is dead enough.
    const std::string state = read_file("/proc/" + std::to_string(sleeper) + "/stat").value_or("");
    if (state.find(") Z") != std::string::npos) return;
    const timespec nap = to_timespec(10 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
  EXPECT_NE(::kill(sleeper, 0), 0);
}

TEST(Program, OneThatIsNotThereIsNamed) {
  const testing::TempFolder folder;
  const auto ran = run_program({.argv = {"no-such-program"}, .log = folder / "log"});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().what(), "no-such-program is not installed");
}

}  // namespace
}  // namespace hangrate
