// SPDX-License-Identifier: GPL-2.0-or-later
//
// The programs of stories/ hang where their README says, and end by what it takes.
#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const std::string kStories = HANGRATE_SOURCE_DIR "/harness/testing/stories/";

/// The first child of `pid` that sleeps in a write to a pipe; 0: none.
pid_t writing_child(pid_t pid) {
  const std::string own = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
  for (const std::string& child : split(read_file(own + "/children").value_or(""), ' ')) {
    if (child.empty()) continue;
    const std::string place = read_file("/proc/" + child + "/wchan").value_or("");
    if (place.find("pipe_write") != std::string::npos) return std::stoi(child);
  }
  return 0;
}

/// Its parent ends when the writer is killed, and not before.
void expect_full_pipe(const std::vector<std::string>& argv) {
  pid_t writer = 0;
  const Ran ran = run_command(argv, 60, [&](pid_t pid) {
    if (writer != 0) return;
    writer = writing_child(pid);
    if (writer != 0) ::kill(writer, SIGKILL);
  });
  EXPECT_NE(writer, 0) << ran.err;
  EXPECT_EQ(ran.out, std::to_string(writer) + "\n");
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(Stories, APipeThatItsWaitingParentDoesNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "where a task sleeps is told to root";
  if (::access("/bin/bash", X_OK) != 0) GTEST_SKIP() << "no bash";
  expect_full_pipe({"/bin/bash", kStories + "full_pipe.sh"});
}

TEST(Stories, APopenThatIsOnlyWaitedFor) {
  if (::geteuid() != 0) GTEST_SKIP() << "where a task sleeps is told to root";
  expect_full_pipe({"/usr/bin/env", "python3", kStories + "full_pipe_popen.py"});
}

/// Whoever writes Rust meets it without a line of unsafe code, and needs nothing of ours to see it.
TEST(Stories, ARustCommandThatKeepsTheReadEndOfADeadReader) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const TempFolder folder;
  const std::string program = folder / "leaked_read_end";
  const Ran built =
      run_command({"/usr/bin/env", "rustc", "-O", "-o", program, kStories + "leaked_read_end.rs"});
  if (built.code == 127) GTEST_SKIP() << "no rustc: apt install rustc";
  ASSERT_EQ(built.code, 0) << built.err;
  const auto rate = [&](const std::string& command, const std::string& results) {
    return run_command({HANGRATE_BUILD_DIR "/bin/hangrate", "run", "--exec", command, "--trials",
                        "10", "--trace", "off", "--weak-ok", "--results", folder / results});
  };
  const Ran leaks = rate(program, "leaks");
  EXPECT_EQ(leaks.code, 1) << leaks.out << leaks.err;
  EXPECT_NE(leaks.out.find("10 x hang/match"), std::string::npos) << leaks.out;
  EXPECT_NE(leaks.out.find("yes["), std::string::npos) << leaks.out;
  const Ran drops = rate(program + " drop", "drops");
  EXPECT_EQ(drops.code, 0) << drops.out << drops.err;
}

TEST(Stories, AContainerThatDoesNotDieOfSigkill) {
  const Ran ran = run_command({HANGRATE_BUILD_DIR "/stories/fuse_own_file", "1"});
  if (ran.code == 4) GTEST_SKIP() << ran.err;
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("does not die"), std::string::npos) << ran.out << ran.err;
}

}  // namespace
}  // namespace hangrate::testing
