// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/child.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/testing/worker_process.h"

namespace hangrate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Child, ASignalNeverGoesToMoreThanItWasMeantFor) {
  // Signal 0 reaches nobody and still tells whether kill(2) would have been called.
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    while (true) ::pause();
  }
  ASSERT_TRUE(hangrate::testing::comes_true([&] { return ::getpgid(child) == child; }));
  for (const pid_t other : {-1, 0, 1, -::getpgrp(), ::getpid(), ::getppid()}) {
    EXPECT_FALSE(signal_child(other, 0)) << other;
    EXPECT_FALSE(signal_group(other, 0)) << other;
  }
  EXPECT_TRUE(signal_child(child, 0));
  EXPECT_TRUE(signal_group(child, SIGKILL));
  ASSERT_TRUE(hangrate::testing::comes_true([] { return !reap_children().empty(); }));
  EXPECT_FALSE(signal_child(child, 0));
  EXPECT_FALSE(signal_group(child, 0));
}

std::string said_by(const SpawnOptions& wanted) {
  const UniqueFd output = make_output_file("test");
  SpawnOptions options = wanted;
  options.stdout_fd = output.get();
  const auto pid = spawn(options);
  if (!pid) return pid.error().what();
  hangrate::testing::comes_true([] { return !reap_children().empty(); });
  return output_tail(output.get());
}

TEST(Child, InheritsNoDescriptorButThoseMeantForIt) {
  const UniqueFd foreign(::open("/dev/null", O_RDONLY));  // not close-on-exec, as a library may
  const UniqueFd meant(::open("/dev/null", O_RDONLY));
  const std::string list =
      "for fd in /proc/self/fd/*; do test -e $fd && printf '%s ' ${fd##*/}; done";
  const std::string said = said_by({.argv = {"/bin/sh", "-c", list}, .inherited = {meant.get()}});
  EXPECT_EQ(said, "0 1 2 " + std::to_string(meant.get()) + " ");
}

TEST(Child, SeesThePlainPartOfOurEnvironmentAndNoSecrets) {
  ::setenv("CI_JOB_TOKEN", "secret", 1);
  ::setenv("HANGRATE_TEST_VARIABLE", "ours", 1);
  SpawnOptions options{.argv = {"/usr/bin/env"}, .environment = {{"GIVEN", "yes"}}};
  EXPECT_THAT(said_by(options), HasSubstr("CI_JOB_TOKEN=secret"));
  options.inherits = Inherits::Plain;
  const std::string plain = said_by(options);
  EXPECT_THAT(plain, Not(HasSubstr("CI_JOB_TOKEN")));
  EXPECT_THAT(plain, AllOf(HasSubstr("GIVEN=yes"), HasSubstr("HANGRATE_TEST_VARIABLE=ours"),
                           HasSubstr("PATH=")));
  ::unsetenv("CI_JOB_TOKEN");
  ::unsetenv("HANGRATE_TEST_VARIABLE");
}

/// The capability set `name` in the status file of a child.
std::uint64_t capabilities(const char* name, bool reproducer) {
  const std::string said =
      said_by({.argv = {"/bin/cat", "/proc/self/status"}, .reproducer = reproducer});
  const std::size_t at = said.find(std::string(name) + ":");
  return at == said.npos ? 0
                         : std::strtoull(said.c_str() + at + std::strlen(name) + 1, nullptr, 16);
}

TEST(Child, AReproducerCanMountButLoadNoModule) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has capabilities to drop";
  const auto has = [](std::uint64_t set, int capability) { return (set >> capability & 1) != 0; };
  for (const char* set : {"CapEff", "CapBnd"}) {
    const std::uint64_t all = capabilities(set, false);
    const std::uint64_t few = capabilities(set, true);
    EXPECT_EQ(has(few, CAP_SYS_ADMIN), has(all, CAP_SYS_ADMIN));
    for (const int gone : {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYSLOG}) {
      EXPECT_FALSE(has(few, gone)) << set << ' ' << gone;
    }
  }
}

TEST(Child, CannotFillTheMemoryWithItsOutput) {
  const UniqueFd output = make_output_file("test", 4096);
  const auto pid = spawn({.argv = {"/bin/sh", "-c", "echo first; head -c 100000 /dev/zero"},
                          .stdout_fd = output.get()});
  ASSERT_TRUE(pid);
  ASSERT_TRUE(hangrate::testing::comes_true([] { return !reap_children().empty(); }));
  struct stat info {};
  ASSERT_EQ(::fstat(output.get(), &info), 0);
  EXPECT_EQ(info.st_size, 4096);
  EXPECT_TRUE(output_tail(output.get(), 1u << 20).starts_with("first\n"));
  EXPECT_NE(::ftruncate(output.get(), 0), 0);
}

/// What /proc says of a confined child, by a shell that is one.
std::string said_confined(const Confinement& confinement, const std::string& script) {
  const UniqueFd output = make_output_file("said");
  const auto pid = spawn({.argv = {"/bin/sh", "-c", script},
                          .inherits = Inherits::Nothing,
                          .confinement = confinement,
                          .stdout_fd = output.get()});
  if (!pid) return "no child";
  ::waitpid(*pid, nullptr, 0);
  return output_tail(output.get());
}

TEST(Confinement, LeavesNoEnvironmentNoPrivilegeAndNoCore) {
  ::setenv("CI_JOB_TOKEN", "secret", 1);
  const std::string said =
      said_confined({}, "cat /proc/$$/environ; ulimit -c; grep NoNewPrivs /proc/$$/status");
  ::unsetenv("CI_JOB_TOKEN");
  EXPECT_EQ(said.find("secret"), std::string::npos) << said;
  EXPECT_NE(said.find("0\nNoNewPrivs:\t1"), std::string::npos) << said;
}

TEST(Confinement, IsAUserOfItsOwnThatNobodyElseIs) {
  if (!can_have_own_user()) GTEST_SKIP() << "not root, or no users to spare";
  const std::string script = "echo $(( $(id -u) - $$ )) $(id -G | wc -w)";
  EXPECT_EQ(said_confined({.own_user = true}, script), std::to_string(kFirstOwnUser) + " 1");
  EXPECT_EQ(said_confined({}, "id -u"), "0") << "only if asked for";
}

TEST(Confinement, EndsAFileAtItsLimit) {
  char path[] = "/tmp/hangrate-limit-XXXXXX";
  const UniqueFd file(::mkstemp(path));
  const std::string script = std::string("head -c 100000 /dev/zero >") + path;
  said_confined({.file = 4096}, script);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_END), 4096);
  said_confined({}, script);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_END), 100000);
  ::unlink(path);
}

}  // namespace
}  // namespace hangrate
