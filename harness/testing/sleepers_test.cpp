// SPDX-License-Identifier: GPL-2.0-or-later
//
// Healthy sleeps of several seconds, in every call that a trial may sleep in: none is a hang and
// none is signalled, whatever the reproducer says of its invariant. Two accounts of each are
// compared, the supervisor's and that of the sleeper's parent. And what must be noticed is: a lost
// wake-up, and one that stands still for longer than a healthy trial may.
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kSleepers = HANGRATE_BUILD_DIR "/sleepers";
constexpr const char* kLedger = "HANGRATE_SLEEPERS_LEDGER";
constexpr int kKinds = 11;
constexpr int kLiars = 6;  ///< kinds whose deadline /proc shows

bool fuse_works() {
  return ::geteuid() == 0 && ::access("/dev/fuse", R_OK | W_OK) == 0;
}

/// What the parents of the sleepers saw, see sleepers/sleepers.cpp.
struct Ledger {
  std::map<std::string, int> kinds;    ///< how many began
  std::map<std::string, int> endings;  ///< "exit 0", "signal 9"
  std::set<std::string> levered;
  int touched = 0;  ///< stopped or continued
  int begun = 0;

  static Ledger read(const std::string& path) {
    Ledger ledger;
    for (const std::string& line : split(read_file(path).value_or(""), '\n')) {
      std::istringstream words(line);
      std::string what, trial, kind, how, number;
      words >> what >> trial >> kind >> how >> number;
      if (what == "begin") ++ledger.begun, ++ledger.kinds[kind];
      if (what == "stopped" || what == "continued") ++ledger.touched;
      if (what == "lever") ledger.levered.insert(trial);
      if (what == "end") ++ledger.endings[how + ' ' + number];
    }
    return ledger;
  }
};

struct Slept {
  Ran ran;
  Json result;
  Ledger ledger;

  int outcome(const char* name) const { return result["outcomes"][name].get<int>(); }
  std::string text() const { return result.dump(2) + ran.err; }
};

Slept sleep_side_by_side(const std::string& variant, int trials,
                         const std::vector<std::string>& params = {},
                         std::vector<std::string> before = {}) {
  const TempFolder folder;
  ::chmod(folder.path().c_str(), 0777);
  const std::string ledger = folder / "ledger";
  EXPECT_TRUE(write_file_atomically(ledger, ""));
  ::chmod(ledger.c_str(), 0666);
  std::vector<std::string> argv = std::move(before);
  argv.insert(argv.end(), {kHangrate, "run", "sleepers/" + variant, "--repro-dir", kSleepers,
                           "--trials", std::to_string(trials), "--workers", "32", "--results",
                           folder / "run", "--json", "-", "-q"});
  for (const std::string& param : params) argv.insert(argv.end(), {"--param", param});
  ::setenv(kLedger, ledger.c_str(), 1);
  Slept slept;
  slept.ran = run_command(argv, 200);
  ::unsetenv(kLedger);
  auto json = parse_json(slept.ran.out);
  EXPECT_TRUE(json) << slept.ran.out << slept.ran.err;
  if (json) slept.result = (*json)["kernels"][0]["results"][0];
  slept.ledger = Ledger::read(ledger);
  return slept;
}

/// Every one of `trials` healthy sleepers ended by itself, and both accounts say so.
void expect_all_well(const Slept& slept, int trials) {
  EXPECT_EQ(slept.result["hits"], 0) << slept.text();
  EXPECT_EQ(slept.outcome("hang_other"), 0) << slept.text();
  EXPECT_EQ(slept.outcome("stuck"), 0) << slept.text();
  EXPECT_EQ(slept.outcome("clean") + slept.outcome("slow"), trials) << slept.text();
  EXPECT_EQ(slept.result["attempted"], trials);
  EXPECT_EQ(slept.ran.code, 0) << slept.text();
  EXPECT_EQ(slept.ledger.begun, trials);
  EXPECT_EQ(slept.ledger.endings, (std::map<std::string, int>{{"exit 0", trials}}));
  EXPECT_EQ(slept.ledger.touched, 0) << "a healthy sleeper was stopped or continued";
  EXPECT_TRUE(slept.ledger.levered.empty()) << "a lever was pulled on a healthy sleeper";
}

class HealthySleepers : public ::testing::TestWithParam<const char*> {};

TEST_P(HealthySleepers, AreNeverAHangAndNeverSignalled) {
  const std::string claims = GetParam();
  const int kinds = claims == "broken" ? kLiars : fuse_works() ? kKinds : kKinds - 2;
  const int trials = 5 * kinds;
  const Slept slept = sleep_side_by_side("healthy", trials, {"claims=" + claims});
  expect_all_well(slept, trials);
  EXPECT_EQ(slept.ledger.kinds.size(), static_cast<std::size_t>(kinds));
  for (const auto& [kind, count] : slept.ledger.kinds) EXPECT_EQ(count, 5) << kind;
}

// "broken": the reproducer lies, and only the deadline of the call tells.
INSTANTIATE_TEST_SUITE_P(Claiming, HealthySleepers, ::testing::Values("holds", "unknown", "broken"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Sleepers, AFuseRequestThatALivingServerHoldsIsNoHang) {
  if (!fuse_works()) GTEST_SKIP() << "needs root and /dev/fuse";
  for (const char* kind : {"fuse-fsync", "fuse-close"}) {
    expect_all_well(sleep_side_by_side("healthy", 8, {std::string("kind=") + kind}), 8);
  }
}

TEST(Sleepers, AKindThatCannotBeHadIsASkipWithItsReason) {
  const Slept slept = sleep_side_by_side("healthy", 3, {"kind=flock", "claims=broken"});
  EXPECT_EQ(slept.ran.code, 4) << slept.text();
  EXPECT_EQ(slept.result["skip_reason"], "flock: its deadline is not to be seen");
}

TEST(Sleepers, ALostWakeUpIsAHangInEveryKind) {
  const int kinds = fuse_works() ? kKinds : kKinds - 2;
  const Slept slept = sleep_side_by_side("lost-wakeup", 3 * kinds);
  EXPECT_EQ(slept.result["hits"], 3 * kinds) << slept.text();
  EXPECT_EQ(slept.ran.code, 0) << slept.text();
  EXPECT_EQ(slept.ledger.kinds.size(), static_cast<std::size_t>(kinds));
  EXPECT_GT(slept.ledger.touched, 0) << "the ladder stops and continues; does the ledger see it?";
}

TEST(Sleepers, WhatStandsStillForTooLongIsStuckAndEndedByItsLeverAlone) {
  const int trials = 2 * (fuse_works() ? kKinds : kKinds - 2);
  const Slept slept = sleep_side_by_side("stands-still", trials);
  EXPECT_EQ(slept.outcome("stuck"), trials) << slept.text();
  EXPECT_EQ(slept.ran.code, 3) << slept.text();
  EXPECT_EQ(slept.ledger.levered.size(), static_cast<std::size_t>(trials));
  EXPECT_EQ(slept.ledger.endings, (std::map<std::string, int>{{"exit 2", trials}}));
  EXPECT_EQ(slept.ledger.touched, 0) << "a signal as evidence";
}

TEST(Sleepers, WhatNoLeverEndsIsStuckAndEndsWithItsWorker) {
  const int trials = fuse_works() ? kKinds : kKinds - 2;
  const Slept slept = sleep_side_by_side("stands-still", trials, {"lever=none"});
  EXPECT_EQ(slept.outcome("stuck"), trials) << slept.text();
  EXPECT_EQ(slept.ran.code, 3) << slept.text();
  EXPECT_EQ(slept.ledger.begun, trials);
  EXPECT_TRUE(slept.ledger.endings.empty()) << "one ended while its worker lived";
  EXPECT_EQ(slept.ledger.touched, 0) << "a signal as evidence";
}

TEST(Sleepers, ALiarWithoutPrivilegeIsNotBelievedEither) {
  if (::geteuid() != 0) GTEST_SKIP() << "the other tests run without privilege already";
  if (::access("/usr/bin/setpriv", X_OK) != 0) GTEST_SKIP() << "no setpriv(1) to drop root with";
  expect_all_well(
      sleep_side_by_side("healthy", kLiars, {"claims=broken"},
                         {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}),
      kLiars);
}

TEST(Sleepers, OfAGuestAreNoHangEither) {
  constexpr const char* kKernel = "debian:bookworm";
  const Ran fetched = run_command({kHangrate, "kernel", "fetch", kKernel}, 200);
  if (fetched.code != 0) GTEST_SKIP() << "no kernel to boot: " << fetched.err.substr(0, 300);
  if (run_command({"/bin/sh", "-c", "command -v qemu-system-x86_64"}).code != 0) {
    GTEST_SKIP() << "no qemu-system-x86_64: apt-get install qemu-system-x86";
  }
  for (const char* claims : {"holds", "broken"}) {
    const TempFolder folder;
    const std::string matrix = folder / "matrix.json";
    const int trials = claims == std::string("holds") ? kKinds : kLiars;
    ASSERT_TRUE(write_file_atomically(
        matrix, std::string(R"({"schema":1,"kernels":[{"spec":")") + kKernel +
                    R"(","params":{"sleepers":{"claims":")" + claims + R"("}}}]})"));
    const Ran ran = run_command(
        {kHangrate, "matrix", matrix, "--repro-dir", kSleepers, "--repro", "sleepers", "--trials",
         std::to_string(trials), "--trace", "off", "--results", folder / "run", "--json", "-"},
        280);
    const auto json = parse_json(ran.out);
    ASSERT_TRUE(json) << ran.out << ran.err;
    const Json& cell = (*json)["kernels"][0]["results"][0];
    EXPECT_EQ(cell["variant"], "healthy");
    EXPECT_EQ(cell["hits"], 0) << cell.dump(2);
    EXPECT_EQ(cell["outcomes"]["clean"].get<int>() + cell["outcomes"]["slow"].get<int>(), trials)
        << cell.dump(2);
    EXPECT_EQ(ran.code, 0) << cell.dump(2) << ran.err;
  }
}

}  // namespace
}  // namespace hangrate::testing
