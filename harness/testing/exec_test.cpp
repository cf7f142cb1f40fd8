// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate run --exec`: any program as a user would name it. What hangs is proven by what its
// tasks wait for; what is slow, stopped or says something of its own is told as that.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";

class Exec : public ::testing::Test {
 protected:
  /// Runs it `trials` times, and gives the one result of the JSON summary.
  Json result_of(const std::string& command, const std::string& trials,
                 std::vector<std::string> more = {}) {
    std::vector<std::string> argv = {kHangrate, "run",       "--exec",       command, "-q",
                                     "--json",  "-",         "--trials",     trials,  "--trace",
                                     "off",     "--results", folder_ / "run"};
    if (std::find(more.begin(), more.end(), "--workers") == more.end()) {
      argv.insert(argv.end(), {"--workers", "2"});
    }
    argv.insert(argv.end(), more.begin(), more.end());
    ran_ = run_command(argv);
    const auto json = parse_json(ran_.out);
    EXPECT_TRUE(json) << ran_.out << ran_.err;
    return json ? (*json)["kernels"][0]["results"][0] : Json();
  }
  /// An executable script.
  std::string script(const std::string& text) {
    const std::string path = folder_ / "script.sh";
    write_text(path, "#!/bin/bash\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  static void write_text(const std::string& path, const std::string& text) {
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
  }

  TempFolder folder_;
  Ran ran_;
};

TEST_F(Exec, AProgramThatEndsIsClean) {
  const Json result = result_of("/bin/true", "3000");
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(result["trials"], 3000);
  EXPECT_EQ(ran_.code, 0) << ran_.out;
}

TEST_F(Exec, TooFewTrialsSayNothing) {
  result_of("/bin/true", "20");
  EXPECT_EQ(ran_.code, 3);
}

/// The shell waits for a child that writes into a pipe which nobody reads but the shell.
TEST_F(Exec, APipelineThatHangsIsProven) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const std::string hangs = script(
      "[ $((HANGRATE_TRIAL % 10)) = 3 ] || exit 0\n"
      "exec 3<> <(:)\n"  // a pipe without a name, both its ends
      "dd if=/dev/zero bs=4096 count=100 >&3 3>&- 2>/dev/null\n");
  const Json result = result_of(hangs, "40");
  EXPECT_EQ(result["hits"], 4) << result.dump(1);
  EXPECT_EQ(ran_.code, 1);
}

TEST_F(Exec, ASlowProgramIsNoHang) {
  const Json result = result_of("sleep 0.4", "6");
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(result["trials"], 6);
}

TEST_F(Exec, AProgramThatIsStoppedIsNoHang) {
  const Json result = result_of("sh -c 'kill -STOP $$'", "1", {"--time-limit", "1"});
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(ran_.code, 3);
}

TEST_F(Exec, WhatRunsToItsTimeLimitIsNeverAHit) {
  const Json result = result_of("sleep 100", "1", {"--time-limit", "1"});
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(result["trials"], 0);
  EXPECT_EQ(ran_.code, 3);
}

TEST_F(Exec, ACodeThatIsNamedCountsAndAnotherSaysNothing) {
  const std::string some = script("[ $((HANGRATE_TRIAL % 5)) = 0 ] && exit 7\nexit 0\n");
  EXPECT_EQ(result_of(some, "20", {"--hit-exit", "7"})["anomalies"], 4);
  EXPECT_EQ(ran_.code, 1);
  std::filesystem::remove_all(folder_ / "run");
  EXPECT_EQ(result_of(some, "20", {"--hit-exit", "8"})["anomalies"], 0);
  EXPECT_EQ(ran_.code, 3);
}

TEST_F(Exec, AHangAtAnotherPlaceThanTheFrameIsAnotherHang) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const std::string hangs = script("exec 3<> <(:)\nread line <&3\n");
  const Json result = result_of(hangs, "2", {"--frame", "no_such_function"});
  EXPECT_EQ(result["hits"], 0);
  EXPECT_NE(ran_.code, 0);
}

TEST_F(Exec, NothingThatItStartedIsLeft) {
  const Json result =
      result_of("sh -c 'setsid sleep 7654321 & setsid sleep 7654321 & exit 0'", "4");
  EXPECT_EQ(result["trials"], 4);
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string line = read_file(entry.path() / "cmdline").value_or("");
    EXPECT_EQ(line.find("7654321"), line.npos) << entry.path();
  }
}

TEST_F(Exec, AFloodOfOutputFillsNothing) {
  const Json result = result_of("head -c 50000000 /dev/zero", "2");
  EXPECT_EQ(result["hits"], 0);
  EXPECT_LT(ran_.out.size() + ran_.err.size(), 100'000U);
}

TEST_F(Exec, WhatCannotBeExecutedIsNoResult) {
  result_of("/no/such/program", "10");
  EXPECT_EQ(ran_.code, 3);
  EXPECT_NE(ran_.out.find("/no/such/program"), ran_.out.npos);
}

TEST_F(Exec, AJournalKnowsItsCommand) {
  result_of("/bin/true", "30");
  const Ran again = run_command({kHangrate, "run", "--resume", folder_ / "run", "-q"});
  EXPECT_EQ(again.code, 3) << again.err;  // weak, as before
}

TEST_F(Exec, ReproducersElsewhereDoNotHideItsRunner) {
  const Ran ran =
      run_command({"/usr/bin/env", "HANGRATE_REPRO_DIR=" + folder_.path(), kHangrate, "run",
                   "--exec", "/bin/true", "--trials", "20", "-q", "--results", folder_ / "run"});
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;  // few, and they ran
  EXPECT_NE(ran.out.find("0/20"), ran.out.npos) << ran.out << ran.err;
}

TEST_F(Exec, ALoopThatIsBusyAtItsTimeLimitIsClean) {
  const Json result =
      result_of(script("while :; do sleep 0.05; done\n"), "3", {"--loop", "--time-limit", "1"});
  EXPECT_EQ(result["trials"], 3) << result.dump(1);
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(result["outcomes"]["stuck"], 0);
}

/// Looks are a second apart by then, and one is due at the end.
TEST_F(Exec, ALoopIsLookedAtOnceMoreAtItsTimeLimit) {
  const Json result =
      result_of(script("while :; do sleep 0.05; done\n"), "1", {"--loop", "--time-limit", "6"});
  EXPECT_EQ(result["outcomes"]["clean"].get<int>() + result["outcomes"]["slow"].get<int>(), 1)
      << result.dump(1);
}

TEST_F(Exec, ALoopThatStandsStillAtItsTimeLimitIsStuck) {
  const Json result = result_of("sleep 100", "1", {"--loop", "--time-limit", "3"});
  EXPECT_EQ(result["hits"], 0);
  EXPECT_EQ(result["trials"], 0) << result.dump(1);
  EXPECT_EQ(ran_.code, 3);
}

TEST_F(Exec, ALoopThatHangsIsProvenWithoutItsTimeLimit) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const std::string hangs =
      script("exec 3<> <(:)\ndd if=/dev/zero bs=4096 count=100 >&3 3>&- 2>/dev/null\n");
  EXPECT_EQ(result_of(hangs, "2", {"--loop", "--time-limit", "60"})["hits"], 2);
  EXPECT_EQ(ran_.code, 1);
}

/// The kernel logs a segmentation fault that nobody handles (debug.exception-trace).
TEST_F(Exec, WhatTheKernelLogsMeanwhileIsAFinding) {
  const std::string program = folder_ / "segv42";
  if (!read_file("/proc/sys/debug/exception-trace").value_or("0").starts_with("1") ||
      ::access("/dev/kmsg", R_OK) != 0 || ::access("/usr/bin/python3", X_OK) != 0) {
    GTEST_SKIP() << "needs python3, debug.exception-trace=1 and a kernel log that we may read";
  }
  std::filesystem::create_symlink("/usr/bin/python3", program);
  const std::string faults = script("[ $((HANGRATE_TRIAL % 5)) = 2 ] && " + program +
                                    " -c 'import ctypes; ctypes.string_at(0)'\nexit 0\n");
  const std::vector<std::string> options = {"--workers", "1", "--match", "^segv42\\[.*segfault"};
  const Json result = result_of(faults, "10", options);
  EXPECT_EQ(result["anomalies"], 2) << result.dump(1);
  EXPECT_EQ(ran_.code, 1);
  std::filesystem::remove_all(folder_ / "run");
  const std::string stays =
      script(program + " -c 'import ctypes; ctypes.string_at(0)'\nsleep 100\n");
  EXPECT_EQ(result_of(stays, "1", options)["anomalies"], 1) << "though it does not end";
  std::filesystem::remove_all(folder_ / "run");
  const std::string writes = script("echo 'segv42[1]: segfault' >/dev/kmsg\nexit 0\n");
  EXPECT_EQ(result_of(writes, "5", options)["anomalies"], 0) << "a program wrote that, no kernel";
}

/// dd hangs in pipe_write, as a reproducer of the kit does, and never where a FUSE flush waits.
TEST_F(Exec, AHangThatLooksLikeAnotherBugIsNoHitOfTheNamedOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const std::string hangs =
      script("exec 3<> <(:)\ndd if=/dev/zero bs=4096 count=100 >&3 3>&- 2>/dev/null\n");
  EXPECT_EQ(result_of(hangs, "2", {"--signature", "pipe_full_child"})["hits"], 2);
  std::filesystem::remove_all(folder_ / "run");
  EXPECT_EQ(result_of(hangs, "2", {"--signature", "fuse_flush_exit"})["hits"], 0);
}

TEST_F(Exec, ThatNothingElseGoesWithItIsTold) {
  for (const std::vector<std::string>& argv :
       {std::vector<std::string>{kHangrate, "run", "pipe_one_slot", "--exec", "true"},
        {kHangrate, "run", "--exec", "   "},
        {kHangrate, "run", "--hit-exit", "1"},
        {kHangrate, "run", "--exec", "true", "--match", "("},
        {kHangrate, "run", "--exec", "true", "--match", "BUG", "--workers", "2"},
        {kHangrate, "run", "--exec", "true", "--signature", "no_such_bug"},
        {kHangrate, "run", "--exec", "true", "--signature", "pipe_full_child/no-such"},
        {kHangrate, "run", "--exec", "true", "--time-limit", "0"}}) {
    const Ran ran = run_command(argv);
    EXPECT_EQ(ran.code, 2) << ran.err;
  }
}

TEST_F(Exec, AFolderMayHoldACommandInsteadOfAProgram) {
  script("exit 0\n");
  write_text(folder_ / "repro.json",
             R"({"name": "script", "title": "a script", "exec": ["./script.sh"],
    "variants": [{"name": "plain", "summary": "runs it", "expect": "never", "trials": 50}]})");
  const Ran ran = run_command(
      {kHangrate, "run", folder_.path(), "--trials", "50", "-q", "--results", folder_ / "run"});
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;  // 50 trials are few
  EXPECT_NE(ran.out.find("script/plain"), ran.out.npos);
}

}  // namespace
}  // namespace hangrate::testing
