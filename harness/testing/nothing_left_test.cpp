// SPDX-License-Identifier: GPL-2.0-or-later
//
// A run of any reproducer, whatever its trials met, leaves the machine as it was.
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/machine_state.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";

std::vector<std::string> reproducers() {
  std::vector<std::string> names;
  for (const auto& folder : fs::directory_iterator(HANGRATE_SOURCE_DIR "/repros")) {
    if (fs::exists(folder.path() / "repro.json")) names.push_back(folder.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Sweeping and dying take a moment, and orphans that have died are ours to reap.
std::string left_since(const MachineState& before) {
  std::string left;
  for (int round = 0; round < 50; ++round) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    left = MachineState::now().left_since(before);
    if (left.empty()) break;
    const timespec nap = to_timespec(100 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
  return left;
}

class NothingLeft : public ::testing::TestWithParam<std::string> {};

TEST_P(NothingLeft, ByARunOfAllVariants) {
  MachineState::prepare();
  const TempFolder folder;
  const MachineState before = MachineState::now();
  const Ran ran = run_command({kHangrate, "run", GetParam(), "--trials", "2", "--results",
                               folder / "run", "--json", folder / "run.json", "--weak-ok", "-q"},
                              280);
  EXPECT_EQ(left_since(before), "");
  EXPECT_NE(ran.code, 2) << ran.err;
  const auto json = parse_json(read_file(folder / "run.json").value_or(""));
  ASSERT_TRUE(json) << ran.err;
  std::uint64_t attempted = 0;
  std::string reasons;
  for (const Json& result : (*json)["kernels"][0]["results"]) {
    attempted += result["attempted"].get<std::uint64_t>();
    reasons += result["skip_reason"].get<std::string>() + " ";
  }
  if (attempted == 0) GTEST_SKIP() << "it cannot run here: " << reasons;
}

INSTANTIATE_TEST_SUITE_P(Of, NothingLeft, ::testing::ValuesIn(reproducers()),
                         [](const auto& each) { return each.param; });

/// A task that spins in the kernel survives SIGKILL; only the guard of its program frees it, which
/// must not be killed before it has.
void expect_no_spinner_left(int signal, int code) {
  MachineState::prepare();
  const TempFolder folder;
  const MachineState before = MachineState::now();
  const Nanos begin = now_ns();
  bool sent = false;
  const std::vector<std::string> words = {
      kHangrate,      "run", "io_uring_overflow_spin/stale-head", "--trials", "100000", "--results",
      folder / "run", "-q"};
  const Ran ran = run_command(words, 60, [&](pid_t pid) {
    if (sent || now_ns() < begin + 2 * kSecond) return;
    sent = ::kill(pid, signal) == 0;
  });
  EXPECT_EQ(left_since(before), "");
  if (!sent) GTEST_SKIP() << "io_uring cannot run here: " << ran.err;
  EXPECT_EQ(ran.code, code) << ran.err;
}

TEST(NothingLeft, OfSpinnersIfTheSupervisorIsKilled) {
  expect_no_spinner_left(SIGKILL, 128 + SIGKILL);
}

TEST(NothingLeft, OfSpinnersIfTheRunIsInterrupted) {
  expect_no_spinner_left(SIGINT, 130);
}

TEST(NothingLeft, IsNotSaidOfAFileAProcessOrAMount) {
  MachineState::prepare();
  const MachineState before = MachineState::now();
  EXPECT_EQ(MachineState::now().left_since(before), "");
  {
    const TempFolder folder;
    EXPECT_EQ(MachineState::now().left_since(before), "file " + folder.path() + "\n");
  }
  for (const int times : {1, 2}) {
    if (::mount("none", "/mnt", "tmpfs", 0, nullptr) != 0) break;
    const std::string told = MachineState::now().left_since(before);
    EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), times) << told;
    EXPECT_EQ(told.find("mount /mnt"), 0u) << told;
  }
  while (::umount("/mnt") == 0) continue;
  const Ran ran = run_command({"/bin/sh", "-c", "sleep 300 >/dev/null 2>&1 & echo $!"});
  const std::string pid = trimmed(ran.out);
  EXPECT_EQ(MachineState::now().left_since(before), "process " + pid + " sleep\n");
  ::kill(std::stoi(pid), SIGKILL);
  ::waitpid(std::stoi(pid), nullptr, 0);
  EXPECT_EQ(MachineState::now().left_since(before), "");
}

}  // namespace
}  // namespace hangrate::testing
