// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real thing, as root with /dev/fuse: the test is the supervisor. Passes on kernels with and
// without the bug: a trial may hang or not, but nothing may be left.
#include <fstream>
#include <set>
#include <string>

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/model/json.h"
#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"
#include "repros/kit/fuse/mount.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::manifest_of;
using testing::registered_variants;
using testing::run_alone;
using testing::variants_of;

/// Reaps orphans, which come to us. True: there is no child left.
bool no_children() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

std::multiset<std::string> names_in(const std::string& path) {
  std::multiset<std::string> names;
  DIR* folder = ::opendir(path.c_str());
  while (const dirent* entry = folder != nullptr ? ::readdir(folder) : nullptr)
    names.insert(entry->d_name);
  if (folder != nullptr) ::closedir(folder);
  return names;
}

std::multiset<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  const std::set<std::string> told = variants_of(manifest_of("fuse_flush_exit"));
  EXPECT_EQ(told, registered_variants());
  EXPECT_EQ(told.size(), 6U);
}

class Trial : public testing::ProgramTrial<::testing::TestWithParam<const char*>> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    if (run_alone(hang_program_main, {"no-flush", "--trials", "1"}) == HANG_EXIT_SKIP)
      GTEST_SKIP() << "no root or no FUSE here";
    ASSERT_TRUE(comes_true(no_children));
  }
  void TearDown() override {
    worker_.end();
    EXPECT_TRUE(comes_true(no_children));
  }
  /// Starts a worker. False: its trial ended, because this kernel flushes asynchronously.
  bool hangs(const char* variant) {
    worker_.start(hang_program_main, variant, 20'000'000);
    return reaches_its_wait();
  }
  bool reaches_its_wait() {
    EXPECT_TRUE(comes_true([&] { return worker_.in(HANG_PARKED) || worker_.clean(); }));
    connection_ = slot_.fuse_connection.load();
    return worker_.in(HANG_PARKED);
  }
  void free_victim() {
    order(HANG_LEVER);
    EXPECT_EQ(slot_.lever_pulled, 1U);
    EXPECT_TRUE(comes_true([&] { return worker_.clean() && worker_.in(HANG_IDLE); }));
  }
  /// What a trial could leave in the worker.
  auto belongings() const {
    const std::string proc = "/proc/" + std::to_string(worker_.pid());
    return std::pair(names_in(proc + "/fd"), lines_of(proc + "/mountinfo"));
  }

  int connection_ = 0;
};

class EveryVariant : public Trial {};

TEST_P(EveryVariant, LeavesNothingInItsWorker) {
  std::pair<std::multiset<std::string>, std::multiset<std::string>> before;
  for (int i = 0; i < 20; ++i) {
    if (i == 0 ? hangs(GetParam()) : (order(HANG_LEASE), reaches_its_wait())) free_victim();
    ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_IDLE); }));
    EXPECT_EQ(slot_.fuse_connection.load(), 0);
    if (i == 0) before = belongings();
  }
  EXPECT_EQ(before, belongings());
}

TEST_P(EveryVariant, IsFreedByTheGuardIfItsWorkerDies) {
  hangs(GetParam());
  worker_.end();  // takes the daemon along by PR_SET_PDEATHSIG, which wedges it
  EXPECT_TRUE(comes_true(no_children));
}

INSTANTIATE_TEST_SUITE_P(Trials, EveryVariant,
                         ::testing::Values("self-held", "pid-namespace", "inherited-fd",
                                           "live-daemon", "lookup", "no-flush"),
                         [](const auto& variant) {
                           std::string name = variant.param;
                           std::erase(name, '-');
                           return name;
                         });

class Bug : public Trial {};

TEST_P(Bug, BreaksTheInvariant) {
  if (!hangs(GetParam())) GTEST_SKIP() << "this kernel flushes asynchronously: the daemon died";
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, static_cast<std::uint32_t>(HANG_BROKEN)) << slot_.invariant_text;
  EXPECT_THAT(
      slot_.invariant_text,
      ::testing::MatchesRegex("connection [0-9]+ has 1 request waiting and its only server, "
                              "process [0-9]+, is exiting"));
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) EXPECT_EQ(slot_.parties[i].victim, 1);
  free_victim();
}

TEST_P(Bug, IsProvenAloneAndFreed) {
  const int code = run_alone(hang_program_main, {GetParam(), "--trials", "3"});
  EXPECT_TRUE(code == 0 || code == HANG_EXIT_HIT) << code;
}

INSTANTIATE_TEST_SUITE_P(Trials, Bug,
                         ::testing::Values("self-held", "pid-namespace", "inherited-fd"),
                         [](const auto& variant) {
                           std::string name = variant.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(Trial, ALivingServerKeepsTheInvariant) {
  ASSERT_TRUE(hangs("live-daemon"));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, static_cast<std::uint32_t>(HANG_HOLDS)) << slot_.invariant_text;
  ASSERT_EQ(slot_.party_count, 2U);
  EXPECT_STREQ(slot_.parties[0].role, "client");
  EXPECT_EQ(slot_.parties[1].victim, 0);
  free_victim();
}

TEST_F(Trial, AServerStuckInItsOwnLookupIsNotExiting) {
  ASSERT_TRUE(hangs("lookup"));
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, static_cast<std::uint32_t>(HANG_UNKNOWN)) << slot_.invariant_text;
  free_victim();
}

TEST_F(Trial, WithoutAFlushTheDaemonDies) {
  EXPECT_EQ(run_alone(hang_program_main, {"no-flush", "--trials", "50"}), 0);
}

}  // namespace
}  // namespace hangrate
