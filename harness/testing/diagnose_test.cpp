// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate diagnose` as a user runs it: what it says of hangs as people meet them, and that it
// says nothing of what is healthy.
#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/diagnosed.h"

namespace hangrate::testing {
namespace {

void expect_full_pipe_told(const std::vector<std::string>& argv) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others hold is told to root";
  Ran told;
  run_command(argv, 60, [&](pid_t pid) {
    const auto family = family_of(pid);
    if (told.code >= 0 || !somebody_writes(family)) return;
    told = diagnose(family);
    for (std::size_t i = family.size(); i-- > 0;) ::kill(std::stoi(family[i]), SIGKILL);
  });
  // Both programs handle a signal: only one could help, and that is no proof for who looks on.
  EXPECT_EQ(told.code, 3) << told.out << told.err;
  EXPECT_NE(told.out.find("deadlock"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("until there is room in "), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("cure: the end of one of them"), std::string::npos) << told.out;
}

TEST(Diagnose, TellsAPipeThatItsWaitingParentDoesNotRead) {
  if (::access("/bin/bash", X_OK) != 0) GTEST_SKIP() << "no bash";
  expect_full_pipe_told({"/bin/bash", kStories + "full_pipe.sh"});
}

TEST(Diagnose, TellsAPopenThatIsOnlyWaitedFor) {
  expect_full_pipe_told({"/usr/bin/env", "python3", kStories + "full_pipe_popen.py"});
}

/// The connection has no living server but the task that waits for it.
TEST(Diagnose, TellsAFuseDaemonThatWaitsForItself) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  Ran told;
  const Ran story =
      run_command({HANGRATE_BUILD_DIR "/stories/fuse_own_file", "3"}, 60, [&](pid_t pid) {
        if (told.code >= 0) return;
        std::vector<std::string> family = family_of(pid);
        const auto exits = [](const std::string& child) {
          const std::string stack = read_proc_file("/proc/" + child + "/stack");
          return stack.find("zap_pid_ns_processes") != stack.npos;
        };
        if (std::any_of(family.begin(), family.end(), exits)) told = diagnose(family);
      });
  if (story.code == 4) GTEST_SKIP() << story.err;
  EXPECT_EQ(told.code, 1) << told.out << told.err << story.out << story.err;
  EXPECT_NE(told.out.find("cure: abort the connection: echo 1 > /sys/fs/fuse/connections/"),
            std::string::npos)
      << told.out;
}

/// In execve(2), with a lock that every reader of its /proc/PID/stack waits for: on some kernels of
/// its stat, wchan and links too (exec_fuse_flush).
TEST(Diagnose, TellsATaskWhoseFilesBlockTheirReaders) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts FUSE";
  Ran told;
  bool blocks = false;
  const TempFolder folder;
  const std::string hold =
      "sleep 60 | " HANGRATE_BUILD_DIR "/waits/wait_cases fuse-exec-closes > " + folder / "ready";
  const Ran held = run_command({"/bin/sh", "-c", hold}, 60, [&](pid_t pid) {
    auto said = split(trimmed(read_file(folder / "ready").value_or("")), ' ');
    if (told.code >= 0 || said.front() != "ready") return;
    said.erase(said.begin());  // the daemon, and who executes
    for (const std::string& member : said) {
      blocks = blocks || run_command({"/bin/cat", "/proc/" + member + "/stack"}, 1).code < 0;
    }
    told = diagnose(said);
    const auto family = family_of(pid);
    for (std::size_t i = family.size(); i-- > 0;) ::kill(std::stoi(family[i]), SIGKILL);
  });
  if (held.code == 4) GTEST_SKIP() << held.out << held.err;
  EXPECT_EQ(told.code, blocks ? 3 : 0) << told.out << told.err << held.out << held.err;
  EXPECT_EQ(told.out.find("a read of its files in /proc blocks") != told.out.npos, blocks)
      << told.out;
}

TEST(Diagnose, FreesAFuseDaemonByAnAbort) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  Ran freed;
  const Ran story =
      run_command({HANGRATE_BUILD_DIR "/stories/fuse_own_file", "3"}, 60, [&](pid_t pid) {
        if (freed.code >= 0) return;
        const auto family = family_of(pid);
        const auto exits = [](const std::string& child) {
          return read_proc_file("/proc/" + child + "/stack").find("zap_pid_ns") !=
                 std::string::npos;
        };
        if (std::none_of(family.begin(), family.end(), exits)) return;
        std::vector<std::string> order = {"--free", "--yes"};
        order.insert(order.end(), family.begin(), family.end());
        freed = diagnose(order);
      });
  if (story.code == 4) GTEST_SKIP() << story.err;
  EXPECT_NE(freed.err.find("freed by an abort"), std::string::npos) << freed.out << freed.err;
}

TEST(Diagnose, FreesNothingUnasked) {
  EXPECT_EQ(run_command({"/bin/sh", "-c", kHangrate + " diagnose --free --all </dev/null"}).code,
            2);
}

TEST(Diagnose, SaysNothingOfASleeper) {
  Ran told;
  run_command({"/bin/sleep", "5"}, 60, [&](pid_t pid) {
    if (told.code >= 0) return;
    told = diagnose({"--json", "-", std::to_string(pid)});
    ::kill(pid, SIGKILL);
  });
  EXPECT_EQ(told.code, 0) << told.out << told.err;
  const auto json = parse_json(told.out);
  ASSERT_TRUE(json) << told.out;
  EXPECT_TRUE((*json)["proofs"].empty());
  EXPECT_TRUE((*json)["stuck"].empty());
}

/// What is told of a wait case, which gets a CPU whatever else runs.
Ran told_of_case(const std::string& name) {
  const std::string script =
      "cd \"$0\"; mkfifo input; exec 3<>input; timeout 110 nice -n -15 " HANGRATE_BUILD_DIR
      "/waits/wait_cases " +
      name +
      " <&3 >ready & case=$!\n"
      "until grep -q ready ready; do kill -0 $case || exit 4; sleep 0.05; "
      "done\n" +
      kHangrate +
      " diagnose $(sed 's/ready//' ready); code=$?; kill $case; wait $case; "
      "exit $code";
  const TempFolder folder;
  return run_command({"/bin/bash", "-c", script, folder.path()}, 120);
}

TEST(Diagnose, TellsACallThatDoesNotEndAsSpinningAndNotAsAHang) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a high priority";
  const Ran told = told_of_case("busy-one-call");
  EXPECT_EQ(told.code, 3) << told.out << told.err;
  EXPECT_NE(told.out.find("spinning: "), std::string::npos) << told.out;
  EXPECT_EQ(told.out.find("hang:"), std::string::npos) << told.out;
}

TEST(Diagnose, SaysNothingOfCallsThatEnd) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a high priority";
  for (const char* name : {"busy-copy-loop", "busy-user-loop"}) {
    const Ran told = told_of_case(name);
    EXPECT_EQ(told.code, 0) << name << told.out << told.err;
  }
}

TEST(Diagnose, AWrongCommandLineIsTold) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"0"}, {"not-a-pid"}, {"--json", "/no/such/folder/x", "1"}}) {
    EXPECT_EQ(diagnose(wrong).code, 2);
  }
}

}  // namespace
}  // namespace hangrate::testing
