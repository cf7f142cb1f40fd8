// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every case of waits/ comes to stand, in the very calls it names, and goes without a trace.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const std::string kCases = HANGRATE_BUILD_DIR "/waits/wait_cases";
constexpr int kMissing = 4;  ///< exit status: the machine lacks what the case needs

std::vector<Json> listed() {
  std::vector<Json> cases;
  for (const std::string& line : split(run_command({kCases, "--list"}).out, '\n')) {
    if (line.empty()) continue;
    auto json = parse_json(line);
    EXPECT_TRUE(json) << line;
    if (json) cases.push_back(*json);
  }
  return cases;
}

/// The pids behind "ready"; none if that is not what it says.
std::vector<std::string> ready_pids(const std::string& out) {
  std::vector<std::string> words = split(split(out, '\n')[0], ' ');
  if (words.empty() || words[0] != "ready") return {};
  words.erase(words.begin());
  return words;
}
std::set<std::string> folders_left() {
  std::set<std::string> names;
  const Ran ran = run_command({"/bin/sh", "-c", "ls -d /tmp/wait-case-* 2>&-"});
  for (const std::string& name : split(ran.out, '\n')) names.insert(name);
  return names;
}

TEST(WaitCases, AllComeToStandAndNothingIsLeft) {
  const std::set<std::string> before = folders_left();
  const std::vector<Json> cases = listed();
  EXPECT_GT(cases.size(), 100U);
  for (const Json& each : cases) {
    const std::string name = each["name"];
    SCOPED_TRACE(name);
    // The end of standard input is the order to end, as soon as it is ready.
    const Ran ran = run_command({"/bin/sh", "-c", "exec \"$0\" \"$1\" </dev/null", kCases, name});
    if (ran.code == kMissing) continue;
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    const std::vector<std::string> pids = ready_pids(ran.out);
    EXPECT_FALSE(pids.empty()) << ran.out;
    for (const std::string& pid : pids)
      EXPECT_NE(::access(("/proc/" + pid).c_str(), F_OK), 0) << pid << " is left";
  }
  EXPECT_EQ(folders_left(), before);
}

TEST(WaitCases, StandUntilTheyAreTold) {
  bool told = false;
  const Ran ran = run_command(
      {"/bin/sh", "-c", "mkfifo \"$0\" && exec 3<>\"$0\" && exec " + kCases + " pipe-own-end <&3",
       TempFolder() / "input"},
      60, [&](pid_t pid) {
        // Its leader is there, so it is past its own start.
        const std::string tasks = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
        if (told || read_file(tasks + "/comm").value_or("") != "wait_cases\n" ||
            read_file(tasks + "/children").value_or("").empty())
          return;
        told = ::kill(pid, SIGTERM) == 0;
      });
  EXPECT_TRUE(told);
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(WaitCases, NameEveryVerdictTwiceOver) {
  std::map<std::string, int> expected;
  std::set<std::string> names;
  for (const Json& each : listed()) {
    EXPECT_TRUE(names.insert(each["name"]).second) << each["name"];
    EXPECT_TRUE(each["signal"].is_boolean());
    for (const std::string& verdict : split(each["expect"].get<std::string>(), '|'))
      ++expected[verdict];
  }
  for (const char* verdict : {"deadlock", "orphaned", "stuck", "none", "spinning"})
    EXPECT_GE(expected[verdict], 2) << verdict;
  EXPECT_EQ(expected.size(), 5U);  // a lost wake-up takes a kernel that loses it
}

/// What scripts/wait-cases says of case `name`, judged by a shell program that is given its pids.
Ran judged(const std::string& name, const std::string& judge) {
  return run_command({HANGRATE_SOURCE_DIR "/scripts/wait-cases", "--build", HANGRATE_BUILD_DIR,
                      "--diagnose", "/bin/sh -c '" + judge + "' judge", name});
}
TEST(WaitCases, AJudgeIsHeldToThem) {
  const std::string nothing = "echo {}";
  const auto proof = [](const std::string& kind, const std::string& signal) {
    return R"(echo "{\"proofs\":[{\"kind\":\")" + kind + R"(\",\"only_a_signal\":)" + signal +
           R"(,\"members\":[{\"pid\":$1}]}]}")";
  };
  const std::string stranger =
      R"(echo "{\"proofs\":[{\"kind\":\"orphaned\",\"members\":[{\"pid\":1}]}]}")";
  EXPECT_EQ(judged("flock-own", proof("orphaned", "false")).code, 0);
  EXPECT_EQ(judged("flock-own", proof("deadlock", "false")).code, 1) << "another kind";
  EXPECT_EQ(judged("flock-own", nothing).code, 0) << "missed, which is told and is no fault";
  EXPECT_NE(judged("flock-own", nothing).out.find("1 MISSED, 0 FALSE"), std::string::npos);
  EXPECT_EQ(judged("flock-own", "false").code, 2) << "no answer";
  EXPECT_EQ(judged("flock-holder-naps", nothing).code, 0);
  EXPECT_EQ(judged("flock-holder-naps", stranger).code, 0) << "a proof about others";
  EXPECT_EQ(judged("flock-holder-naps", proof("orphaned", "false")).code, 1) << "a false proof";
  EXPECT_EQ(judged("signal-self-pipe", proof("orphaned", "true")).code, 0);
  EXPECT_EQ(judged("signal-self-pipe", proof("orphaned", "false")).code, 1);
}

TEST(WaitCases, AnUnknownNameIsAnError) {
  EXPECT_EQ(run_command({kCases, "no-such-case"}).code, 2);
  EXPECT_EQ(run_command({kCases}).code, 2);
}

/// What is missed depends on what can be looked into here; what is proven must be true anywhere.
TEST(WaitCases, NoneIsProvenThatIsNoHang) {
  const Ran ran =
      run_command({HANGRATE_SOURCE_DIR "/scripts/wait-cases", "--build", HANGRATE_BUILD_DIR}, 250);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace hangrate::testing
