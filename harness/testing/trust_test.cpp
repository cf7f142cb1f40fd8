// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a run allows its workers, and what it does not believe them.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/scope_exit.h"
#include "harness/model/json.h"
#include "harness/sys/cgroup.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kFakes = HANGRATE_BUILD_DIR "/fakes";

std::vector<std::string> fake(const std::string& variant, const std::string& trials,
                              std::vector<std::string> more = {}) {
  std::vector<std::string> argv = {kHangrate, "run", "fake/" + variant, "--repro-dir", kFakes, "-q",
                                   "--json",  "-",   "--trials",        trials};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

Json result_of(const Ran& ran) {
  auto json = parse_json(ran.out);
  EXPECT_TRUE(json) << ran.out << ran.err;
  return json ? (*json)["kernels"][0]["results"][0] : Json();
}

/// A process that is none of the run's, asleep without a deadline.
class Stranger {
 public:
  Stranger() : pid_(::fork()) {
    if (pid_ != 0) return;
    while (true) ::pause();
  }
  ~Stranger() {
    if (pid_ <= 0) return;  // there was no fork; to kill(2) it would mean everybody
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  pid_t pid() const { return pid_; }
  /// Was it stopped, continued or killed?
  bool touched() const {
    int status = 0;
    return ::waitpid(pid_, &status, WNOHANG | WUNTRACED | WCONTINUED) != 0;
  }

 private:
  const pid_t pid_;
};

TEST(Trust, AWorkerThatNamesAStrangerIsEndedAndItsTrialsAreInfra) {
  const Stranger stranger;
  const Ran ran =
      run_command(fake("liar", "3", {"--param", "foreign=" + std::to_string(stranger.pid())}));
  const Json result = result_of(ran);
  EXPECT_EQ(result["outcomes"]["infra"], 3) << result.dump(2);
  EXPECT_EQ(result["hits"], 0);
  EXPECT_THAT(result.dump(), HasSubstr("none of its tasks: " + std::to_string(stranger.pid())));
  EXPECT_EQ(ran.code, 3);
  EXPECT_FALSE(stranger.touched());
}

TEST(Trust, AWorkerInheritsNeitherSecretsNorForeignDescriptors) {
  ::setenv("CI_JOB_TOKEN", "secret", 1);
  const TempFolder folder;
  const int leaked = ::open((folder / "leaked").c_str(), O_RDWR | O_CREAT, 0600);
  const Ran ran = run_command(fake("tells-inheritance", "1"));
  ::close(leaked);
  ::unsetenv("CI_JOB_TOKEN");
  EXPECT_THAT(ran.out, AllOf(HasSubstr("anon_inode:[eventfd]"), HasSubstr("HANGRATE_BELL_FD="),
                             HasSubstr("PATH=")))
      << ran.err;
  EXPECT_THAT(ran.out, AllOf(Not(HasSubstr("CI_JOB_TOKEN")), Not(HasSubstr("leaked")),
                             Not(HasSubstr("memfd:hangrate-slot"))));
}

/// A cgroup v2 of our own; path "" with the reason if there can be none.
class KilledOnce {
 public:
  KilledOnce() : outer_(Cgroup::make("test-" + std::to_string(::getpid()))) {
    if (outer_.version() != 2) {
      why_not_ = "no cgroup v2 to make: " + outer_.why_not();
      return;
    }
    std::ofstream kill(outer_.path() + "/cgroup.kill");
    kill << 1 << std::flush;
    if (!kill) why_not_ = "there is no cgroup.kill (before v5.14)";
  }
  const std::string& path() const { return outer_.path(); }
  const std::string& why_not() const { return why_not_; }

 private:
  Cgroup outer_;
  std::string why_not_;
};

TEST(Trust, WorkersStartInACgroupThatWasKilledOnce) {
  const KilledOnce outer;
  if (!outer.why_not().empty()) GTEST_SKIP() << outer.why_not();
  std::string command = "echo 0 > " + outer.path() + "/cgroup.procs; exec \"$@\"";
  std::vector<std::string> argv = {"/bin/sh", "-c", command, "sh"};
  const std::vector<std::string> run = fake("clean", "500");
  argv.insert(argv.end(), run.begin(), run.end());
  const Ran ran = run_command(argv);
  EXPECT_EQ(result_of(ran)["outcomes"]["clean"], 500) << ran.err;
  EXPECT_EQ(ran.code, 0) << ran.out;
}

}  // namespace
}  // namespace hangrate::testing
