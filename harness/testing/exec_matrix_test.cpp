// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands in a matrix: a guest gets all that a command needs and proves its hangs as this machine
// does; what it could not have is told before anything starts.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/made_elf.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kResizeStall = HANGRATE_BUILD_DIR "/stories/resize_stall";
constexpr const char* kKernel = "debian:bookworm";
constexpr double kLimit = 280;

/// A pipeline that hangs in every tenth trial, with a word that it prints only from its file.
constexpr const char* kScript =
    "#!/bin/sh\n"
    "grep -q word data || exit 1\n"
    "[ $((HANGRATE_TRIAL % 10)) = 3 ] || exit 0\n"
    "echo | { exec 3<> /proc/self/fd/0; head -c 100000 /dev/zero >&3; }\n";

class ExecMatrix : public ::testing::Test {
 protected:
  static std::string why_not() {
    static const std::string reason = [] {
      const Ran ran = run_command({kHangrate, "kernel", "fetch", kKernel}, kLimit);
      return ran.code == 0 ? std::string() : "no kernel to boot: " + ran.err.substr(0, 300);
    }();
    return reason;
  }
  void SetUp() override {
    kernels({"native"});
    write("run.sh", kScript);
    write("data", "word\n");
  }

  void write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    fs::create_directories(fs::path(path).parent_path());
    ASSERT_TRUE(write_file_atomically(path, text));
    fs::permissions(path, fs::perms::owner_all);
  }
  void kernels(const std::vector<std::string>& specs) {
    Json list = Json::array();
    for (const std::string& spec : specs) list.push_back({{"spec", spec}});
    write("matrix.json", dump_line({{"schema", 1}, {"kernels", list}}));
  }
  /// In the folder of the test.
  Ran matrix(std::vector<std::string> more) {
    std::vector<std::string> argv = {"/usr/bin/env", "-C", folder_.path(), kHangrate, "matrix"};
    argv.insert(argv.end(), more.begin(), more.end());
    return run_command(argv, kLimit);
  }
  Json row(std::size_t number) const {
    const auto json = parse_json(read_file(folder_ / "run.json").value_or(""));
    EXPECT_TRUE(json) << "no summary was written";
    return json ? (*json)["kernels"][number] : Json();
  }

  TempFolder folder_;
};

TEST_F(ExecMatrix, AScriptHangsInAGuestAsItDoesHere) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  kernels({"native", kKernel});
  const Ran ran =
      matrix({"matrix.json", "--exec", "./run.sh", "--exec-name", "queue", "--trials", "20",
              "--boots", "1", "--trace", "off", "--results", "run", "--json", "run.json"});
  ASSERT_EQ(ran.code, 1) << ran.err;
  for (const std::size_t number : {0U, 1U}) {
    const Json cell = row(number)["results"][0];
    EXPECT_EQ(cell["repro"], "queue");
    EXPECT_EQ(cell["attempted"], 20) << cell.dump(1);
    EXPECT_EQ(cell["hits"], 2) << cell.dump(1);
    EXPECT_EQ(cell["anomalies"], 0) << "its data and its grep are there: " << cell.dump(1);
    EXPECT_EQ(cell["verdict"], "regression");
  }
  const std::string journal = folder_ / "run/bookworm/boot-001/queue.exec.jsonl";
  EXPECT_THAT(read_file(journal).value_or(""), HasSubstr("nobody else could end these waits"));
}

/// A story without a manifest: the writer of a pipe that was made larger sleeps on, where nothing
/// but the pipe itself says that it should not.
TEST_F(ExecMatrix, AWriterThatWasNotWokenIsProvenOnAnAffectedKernel) {
  constexpr const char* kAffected = "recipe:6.1-pipe-stall";
  if (run_command({kHangrate, "kernel", "fetch", "--offline", kAffected}, kLimit).code != 0) {
    GTEST_SKIP() << "no affected kernel in the cache: hangrate kernel fetch " << kAffected;
  }
  write("matrix.json",
        dump_line(
            {{"schema", 1}, {"kernels", {{{"spec", kAffected}, {"cmdline", "preempt=none"}}}}}));
  const Ran ran =
      matrix({"matrix.json", "--exec", kResizeStall + " 1000000", "--trials", "3", "--boots", "1",
              "--trace", "off", "--results", "run", "--json", "run.json"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const Json cell = row(0)["results"][0];
  EXPECT_EQ(cell["hits"], 3) << cell.dump(1);
  const std::string boot = "run/" + row(0)["id"].get<std::string>() + "/boot-001/";
  EXPECT_THAT(read_file(folder_ / (boot + "resize_stall.exec.jsonl")).value_or(""),
              HasSubstr("lost wake-up"));
}

TEST_F(ExecMatrix, AFolderWithACommandRunsInAGuestToo) {
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  kernels({kKernel, "native"});
  write("repros/sleeper/repro.json",
        R"({"name": "sleeper", "title": "ends", "exec": ["sleep", "0"], "variants": [
            {"name": "plain", "summary": "ends at once", "expect": "never", "trials": 20}]})");
  write("repros/given/given.sh", "#!/bin/sh\n\"$TOOL$0.tool\" || exit 1\n");
  write("repros/given/given.sh.tool", "#!/bin/sh\nexit 0\n");
  write("repros/given/repro.json",
        R"({"name": "given", "title": "needs a file", "exec": ["./given.sh"], "variants": [
            {"name": "plain", "summary": "calls it", "expect": "never", "trials": 20}]})");
  const Ran ran = matrix({"matrix.json", "--repro-dir", "repros", "--include",
                          "repros/given/given.sh.tool", "--trials", "20", "--boots", "1", "--trace",
                          "off", "--weak-ok", "--results", "run", "--json", "run.json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (const std::size_t number : {0U, 1U}) {
    ASSERT_EQ(row(number)["results"].size(), 2U) << ran.err;
    for (const Json& cell : row(number)["results"]) {
      EXPECT_EQ(cell["outcomes"]["clean"], 20) << cell.dump(1);
    }
  }
}

/// A root with the shell of this machine, and nothing of ours. What is included lies where it does
/// here, which is in /tmp, and can be written there.
class RootMatrix : public ExecMatrix {
 protected:
  void SetUp() override {
    ExecMatrix::SetUp();
    kernels({kKernel});
    for (const char* file :
         {"/bin/sh", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"}) {
      const fs::path to = folder_ / "root" + file;
      fs::create_directories(to.parent_path());
      fs::copy_file(fs::canonical(file), to);
    }
    // It must be a root of its own, and no trial may find what another one wrote.
    write("root/opt/run.sh",
          "#!/bin/sh\n"
          "[ -e /opt/run.sh ] && ! [ -e /bin/cat ] || exit 1\n"
          "(echo > /opt/written) 2>/tmp/why.$HANGRATE_TRIAL && exit 1\n"
          "read word < /tmp/why.$HANGRATE_TRIAL || exit 1\n"
          "read word < $1 && [ $word = word ]\n");
  }
  void runs_in(const std::string& root) {
    const Ran ran =
        matrix({"matrix.json", "--exec", "/opt/run.sh " + (folder_ / "data"), "--include", "data",
                "--rootfs", root, "--trials", "20", "--boots", "1", "--trace", "off", "--weak-ok",
                "--results", "run", "--json", "run.json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(row(0)["results"][0]["outcomes"]["clean"], 20) << row(0).dump(1);
  }
};

TEST_F(RootMatrix, ACommandRunsInARootOfItsOwn) {
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  runs_in("root");
}

TEST_F(RootMatrix, ATarFileIsARootToo) {
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  const Ran tar =
      run_command({"/usr/bin/tar", "-C", folder_ / "root", "-czf", folder_ / "root.tgz", "."});
  ASSERT_EQ(tar.code, 0) << tar.err;
  // A run that was killed while it unpacked.
  fs::create_directories(folder_ / "tmp/hangrate-root.killed/usr");
  ::setenv("TMPDIR", (folder_ / "tmp").c_str(), 1);
  runs_in("root.tgz");
  const timespec nap = to_timespec(1100 * kMilli);  // another second, in which it is unpacked again
  ::nanosleep(&nap, nullptr);
  const Ran again = matrix({"--resume", "run"});
  EXPECT_EQ(again.code, 0) << again.err;
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
}

TEST_F(RootMatrix, ARootThatCannotServeIsExit2AndLeavesNothing) {
  kernels({"image:/nowhere/bzImage"});
  write("text", "no archive\n");
  const auto trouble = [&](const std::string& root, const std::string& command) {
    const Ran ran =
        matrix({"matrix.json", "--exec", command, "--rootfs", root, "--results", "run"});
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_FALSE(fs::exists(folder_ / "run"));
    return ran.err;
  };
  EXPECT_THAT(trouble("root", "/bin/cat"), HasSubstr("/bin/cat: No such file"));
  EXPECT_THAT(trouble("nothing", "/bin/sh"), HasSubstr("nothing: No such file"));
  EXPECT_THAT(trouble("text", "/bin/sh"), HasSubstr("text"));
  EXPECT_THAT(trouble("/", "/bin/sh"), HasSubstr("this machine's own root"));
  kernels({"native"});
  EXPECT_THAT(trouble("root", "/bin/sh"), HasSubstr("--rootfs is for guests"));
}

TEST_F(ExecMatrix, ARunGoesOnWithItsCommandAndWithNoOther) {
  const Ran first = matrix(
      {"matrix.json", "--exec", "./run.sh", "--trials", "3", "--weak-ok", "--results", "run"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(matrix({"--resume", "run", "--json", "run.json"}).code, 0);
  EXPECT_EQ(row(0)["results"][0]["attempted"], 3);
  EXPECT_EQ(matrix({"--resume", "run", "--exec", "./run.sh"}).code, 2);
  const Ran elsewhere = run_command({kHangrate, "matrix", "--resume", folder_ / "run"});
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("go on there"));
}

TEST_F(ExecMatrix, AnotherScriptIsAnotherRun) {
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  kernels({"image:/nowhere/bzImage"});
  matrix({"matrix.json", "--exec", "./run.sh", "--trials", "3", "--results", "run"});
  EXPECT_EQ(matrix({"--resume", "run"}).code, 3) << "still without a kernel";
  write("data", "another word\n");
  const Ran ran = matrix({"--resume", "run"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("another one than when the run began"));
}

/// The folder of the results lies in what is included, and the native row writes a file there and
/// another one that the script names.
TEST_F(ExecMatrix, ARunGoesOnWithWhatThereWasWhenItBegan) {
  if (!why_not().empty()) GTEST_SKIP() << why_not();
  kernels({"native", "image:/nowhere/bzImage"});
  write("writes.sh", "#!/bin/sh\ndate >>log.txt\ndate >other.txt\ncat data log.txt\n");
  const Ran first = matrix({"matrix.json", "--exec", "./writes.sh", "--include", ".", "--trials",
                            "3", "--weak-ok", "--results", "run"});
  EXPECT_EQ(first.code, 3) << first.err;
  ASSERT_TRUE(fs::exists(folder_ / "log.txt"));
  const Ran ran = matrix({"--resume", "run"});
  EXPECT_EQ(ran.code, 3) << "still without a kernel: " << ran.err;
  EXPECT_THAT(ran.err, Not(HasSubstr("another one")));
  write("data", "another word\n");
  EXPECT_EQ(matrix({"--resume", "run"}).code, 2) << "it was there, and is another one";
  fs::remove(folder_ / "data");
  EXPECT_EQ(matrix({"--resume", "run"}).code, 2) << "it was there, and is gone";
}

/// Of a matrix with a guest that would never boot, because nothing gets that far.
TEST_F(ExecMatrix, WhatAGuestCouldNotHaveIsExit2AndLeavesNothing) {
  kernels({"image:/nowhere/bzImage"});
  write("arm", made_elf({.machine = EM_AARCH64}));
  write("lost", made_elf({.interpreter = "/lib64/ld-linux-x86-64.so.2", .needed = {"libgone.so"}}));
  write("strange.sh", "#!/nowhere/sh\n");
  const struct {
    std::vector<std::string> argv;
    const char* says;
  } mistakes[] = {
      {{"--exec", "./gone.sh"}, "gone.sh: No such file"},
      {{"--exec", "no-such-program"}, "no-such-program: no such program"},
      {{"--exec", "./arm"}, "arm: it is for aarch64"},
      {{"--exec", "./lost"}, "libgone.so"},
      {{"--exec", "./strange.sh"}, "/nowhere/sh"},
      {{"--exec", "true", "--include", "gone"}, "gone: No such file"},
      {{"--exec", "true", "--exec-name", "No Name"}, "is no name"},
      {{"--exec", "true", "--repro", "pipe_full_child"}, "no --repro goes with it"},
      {{"--repro", "pipe_full_child", "--include", "data"}, "no command runs"},
      {{"--time-limit", "5"}, "--exec"},
  };
  for (const auto& [more, says] : mistakes) {
    std::vector<std::string> argv = {"matrix.json", "--results", "run"};
    argv.insert(argv.end(), more.begin(), more.end());
    const Ran ran = matrix(argv);
    EXPECT_EQ(ran.code, 2) << says << "\n" << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_FALSE(fs::exists(folder_ / "run")) << says;
  }
}

TEST_F(ExecMatrix, FilesThatDoNotFitIntoAGuestAreToldBefore) {
  write("matrix.json",
        R"({"schema":1,"kernels":[{"spec":"image:/nowhere/bzImage","memory_mib":256}]})");
  write("large", "");
  fs::resize_file(folder_ / "large", 40u << 20);
  const Ran ran = matrix({"matrix.json", "--exec", "cat large", "--results", "run"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("memory_mib"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

}  // namespace
}  // namespace hangrate::testing
