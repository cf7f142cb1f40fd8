// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real reproducers on the kernel of this machine, with and without the harness, privileges and
// CPUs. What a fixed or affected kernel must show comes from the manifests, not from here.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <set>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "harness/model/json.h"
#include "harness/model/manifest_check.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kRepros = HANGRATE_BUILD_DIR "/libexec/hangrate";

bool fuse_works() {
  return ::geteuid() == 0 && ::access("/dev/fuse", R_OK | W_OK) == 0;
}

Json results_of(std::vector<std::string> argv, int* code = nullptr, double limit = 120) {
  argv.insert(argv.end(), {"--json", "-", "-q"});
  const Ran ran = run_command(argv, limit);
  if (code != nullptr) *code = ran.code;
  auto json = parse_json(ran.out);
  EXPECT_TRUE(json) << ran.out << ran.err;
  return json ? (*json)["kernels"][0]["results"] : Json::array();
}

/// A run of one reproducer, by its name or NAME/VARIANT; its folder goes with the next one.
std::vector<std::string> run_of(const std::string& repro, std::vector<std::string> more) {
  static TempFolder folder;
  static int runs = 0;
  const bool placed = std::find(more.begin(), more.end(), "--results") != more.end();
  if (!placed) more.insert(more.end(), {"--results", folder / std::to_string(++runs)});
  more.insert(more.begin(), {kHangrate, "run", repro});
  return more;
}

/// What is on the machine that a trial could leave behind, each by a name of its own.
struct Inventory {
  std::set<std::string> things;

  static Inventory take() {
    Inventory now;
    for (const std::string& line : split(read_file("/proc/self/mountinfo").value_or(""), '\n')) {
      if (!line.empty()) now.things.insert("mount " + line);
    }
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator("/sys/fs/fuse/connections", error)) {
      now.things.insert("FUSE connection " + entry.path().filename().string());
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string cmdline = read_file(entry.path().string() + "/cmdline").value_or("");
      const std::string comm = first_line(entry.path().string() + "/comm");
      if (cmdline.find(kRepros) != cmdline.npos || comm.starts_with("fuse-")) {
        now.things.insert("process " + entry.path().filename().string() + " " + comm);
      }
    }
    return now;
  }

  /// What is there now and was not before, after up to `patience` for it to go.
  std::vector<std::string> left_over(Nanos patience) const {
    const Nanos deadline = now_ns() + patience;
    while (true) {
      const Inventory now = take();
      std::vector<std::string> left;
      std::set_difference(now.things.begin(), now.things.end(), things.begin(), things.end(),
                          std::back_inserter(left));
      if (left.empty() || now_ns() > deadline) return left;
      ::usleep(10'000);
    }
  }
};

const std::vector<std::string> kNothing;

TEST(Real, EveryVariantAloneSaysWhatTheHarnessSays) {
  for (const char* repro : {"pipe_resize_stall", "pipe_full_child", "fuse_flush_exit"}) {
    for (const Json& cell : results_of(run_of(repro, {"--trials", "20"}))) {
      if (cell["expectation"] == "lookalike" || cell["skip_reason"] != "") continue;
      const std::string variant = cell["variant"];
      const Ran ran =
          run_command({kRepros + "/" + repro + "/" + repro, variant, "--trials", "20"}, 60);
      EXPECT_EQ(ran.code, cell["hits"] == 0 ? 0 : 1) << variant << ": " << ran.out << ran.err;
    }
  }
}

TEST(Real, AStarSelectsTheSameVariantsAsTheNameAlone) {
  const auto selected = [](const char* selector) {
    std::vector<std::string> variants;
    for (const Json& cell : results_of(run_of(selector, {"--trials", "1"}))) {
      variants.push_back(cell["variant"]);
    }
    return variants;
  };
  const std::vector<std::string> all = selected("pipe_full_child");
  EXPECT_GT(all.size(), 1u);
  EXPECT_EQ(selected("pipe_full_child/*"), all);
  EXPECT_EQ(selected("pipe_full_child/deadlock"), std::vector<std::string>{"deadlock"});
}

TEST(Real, TheFullPipeControlsHoldOnEveryKernel) {
  int code = -1;
  const Json all = results_of(run_of("pipe_full_child", {"--trials", "200", "--weak-ok"}), &code);
  EXPECT_EQ(code, 0) << all.dump(2);
  for (const Json& cell : all) {
    if (cell["expectation"] == "always-hangs") {
      EXPECT_EQ(cell["hits"], 200) << cell.dump(2);
    }
    if (cell["expectation"] == "never-hangs") {
      EXPECT_EQ(cell["outcomes"]["clean"].get<int>() + cell["outcomes"]["slow"].get<int>(), 200);
    }
  }
}

TEST(Real, TheFuseDeadlockHitsWhereTheManifestSaysAndItsLookalikesNever) {
  if (!fuse_works()) GTEST_SKIP() << "needs root and /dev/fuse";
  const Json all = results_of(run_of("fuse_flush_exit", {"--trials", "100"}));
  for (const Json& cell : all) {
    if (cell["skip_reason"] != "") continue;
    const int hits = cell["hits"];
    if (cell["expectation"] == "affected") {
      EXPECT_GE(hits, 99) << cell.dump(2);
    }
    if (cell["expectation"] != "affected") {
      EXPECT_EQ(hits, 0) << cell.dump(2);
    }
    if (cell["expectation"] == "lookalike") {
      EXPECT_EQ(cell["outcomes"]["stuck"], 100) << cell.dump(2);
      EXPECT_EQ(cell["verdict"], "control-held");
    }
  }
}

TEST(Real, NothingIsLeftBehind) {
  const Inventory before = Inventory::take();
  const TempFolder folder;
  run_command({kHangrate, "run", "--trials", "30", "-q", "--results", folder / "run"}, 120);
  EXPECT_EQ(before.left_over(2 * kSecond), kNothing);
}

TEST(Real, AVictimThatSurvivesSigkillEndsTheRunReported) {
  if (!fuse_works()) GTEST_SKIP() << "needs root and /dev/fuse";
  const Inventory before = Inventory::take();
  const Json all =
      results_of(run_of("fuse_flush_exit/self-held", {"--trials", "3", "--param", "rescue=none"}));
  ASSERT_EQ(all.size(), 1u);
  if (all[0]["expectation"] != "affected") GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_EQ(all[0]["hits"], 3) << all[0].dump(2);
  const Json& verdict = all[0]["kinds"][0]["verdict"];
  EXPECT_EQ(verdict["kill"], "survives");
  EXPECT_EQ(verdict["rescue"], "not-freed");
  EXPECT_EQ(before.left_over(3 * kSecond), kNothing);
}

TEST(Real, WhatNoRungFreesIsAHitEachTimeAndDisturbsNoOtherTrial) {
  if (!fuse_works()) GTEST_SKIP() << "needs root and /dev/fuse";
  const Inventory before = Inventory::take();
  const Json all =
      results_of(run_of("fuse_flush_exit/self-held", {"--trials", "24", "--param", "rescue=none"}));
  ASSERT_EQ(all.size(), 1u);
  if (all[0]["expectation"] != "affected") GTEST_SKIP() << "this kernel does not have the bug";
  EXPECT_EQ(all[0]["hits"], 24) << all[0].dump(2);
  EXPECT_EQ(before.left_over(3 * kSecond), kNothing);
}

TEST(Real, ASupervisorKilledBySigkillLeavesNoWedgedVictim) {
  if (!fuse_works()) GTEST_SKIP() << "needs root and /dev/fuse";
  const Inventory before = Inventory::take();
  const TempFolder folder;
  const std::string run = folder / "run";
  run_command(run_of("fuse_flush_exit/self-held", {"--trials", "100000", "-q", "--results", run}),
              60, [&](pid_t pid) {
                const std::string text = read_file(run + "/journal.jsonl").value_or("");
                if (std::count(text.begin(), text.end(), '\n') > 20) ::kill(pid, SIGKILL);
              });
  EXPECT_EQ(before.left_over(8 * kSecond), kNothing);
}

/// Runs a command as nobody, or as we are if we are not root.
std::vector<std::string> as_nobody(const std::vector<std::string>& argv) {
  if (::geteuid() != 0) return argv;
  std::vector<std::string> words = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
                                    "--clear-groups"};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

/// Does repro.json say that the variant of this cell needs root?
bool needs_root(const Json& cell) {
  const std::string folder = HANGRATE_SOURCE_DIR "/repros/" + cell["repro"].get<std::string>();
  const auto manifest = read_manifest(read_file(folder + "/repro.json").value_or(""));
  EXPECT_TRUE(manifest) << folder;
  if (!manifest) return false;
  return std::any_of(manifest->variants.begin(), manifest->variants.end(), [&](const Variant& one) {
    return one.needs_root && cell["variant"] == one.name;
  });
}

TEST(Real, WithoutRootWhatCanRunRunsAndTheRestIsSkippedWithAReason) {
  if (::geteuid() == 0 && ::access("/usr/bin/setpriv", X_OK) != 0) {
    GTEST_SKIP() << "no setpriv(1) to drop root with";
  }
  const TempFolder folder;
  ::chmod(folder.path().c_str(), 0777);
  int code = -1;
  const Json all = results_of(
      as_nobody({kHangrate, "run", "--trials", "30", "--results", folder / "run"}), &code);
  ASSERT_FALSE(all.empty()) << "is the build folder readable for nobody?";
  bool ran = false;
  for (const Json& cell : all) {
    if (needs_root(cell)) {
      EXPECT_EQ(cell["verdict"], "skipped") << cell.dump(2);
      EXPECT_NE(cell["skip_reason"], "") << cell.dump(2);
    } else {
      ran = true;
      EXPECT_NE(cell["verdict"], "skipped") << cell.dump(2);
    }
    if (cell["expectation"] == "always-hangs" && cell["verdict"] != "skipped") {
      EXPECT_EQ(cell["hits"], 30) << cell.dump(2);
    }
  }
  EXPECT_TRUE(ran);
}

TEST(Real, OneCpuIsEnough) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) GTEST_SKIP() << "CPU 0 is not ours";
  int code = -1;
  const Json all = results_of(run_of("pipe_resize_stall", {"--trials", "100"}), &code);
  const Json control = results_of(run_of("pipe_full_child/deadlock", {"--trials", "50"}));
  ::sched_setaffinity(0, sizeof before, &before);
  for (const Json& cell : all) EXPECT_EQ(cell["trials"], 100) << cell.dump(2);
  EXPECT_EQ(control[0]["hits"], 50);
}

TEST(Real, EveryParameterOfThePipeStallRuns) {
  for (const char* param :
       {"writer=process", "cpu=same", "cpu=free", "policy=batch", "policy=idle", "policy=fifo",
        "before=4096", "after=1048576", "writers=6", "resize=at-once"}) {
    const Json all = results_of(run_of("pipe_resize_stall", {"--trials", "20", "--param", param}));
    for (const Json& cell : all) {
      if (cell["skip_reason"] == "") {
        EXPECT_EQ(cell["trials"], 20) << param << cell.dump(2);
      }
    }
  }
}

TEST(Real, AVariantThatTakesNoHelpIsNotCalledWidened) {
  const std::vector<std::string> options = {"--trials",   "20",       "--param",
                                            "widen=auto", "--search", "20"};
  for (const Json& cell : results_of(run_of("pipe_resize_stall", options))) {
    const bool helped = cell["variant"] != "zrepl";
    EXPECT_EQ(cell["widened"], helped) << cell["variant"];
    EXPECT_EQ(cell["params"]["widen"], helped ? "auto" : "none");
    EXPECT_EQ(cell["search"].is_null(), !helped);
  }
}

TEST(Real, DescribeIsAManifestThatListShowsToo) {
  const auto list = parse_json(run_command({kHangrate, "list", "--json"}).out);
  ASSERT_TRUE(list);
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(HANGRATE_SOURCE_DIR "/repros")) {
    if (std::filesystem::exists(entry.path() / "repro.json"))
      folders.push_back(entry.path().filename());
  }
  std::sort(folders.begin(), folders.end());
  ASSERT_EQ(list->size(), folders.size()) << "a reproducer folder is not in the list";
  for (std::size_t i = 0; i < folders.size(); ++i) {
    EXPECT_EQ((*list)[i]["name"], folders[i]);
    const auto described =
        parse_json(run_command({kHangrate, "describe", folders[i], "--json"}).out);
    ASSERT_TRUE(described);
    EXPECT_EQ(*described, (*list)[i]);
    const std::string folder = HANGRATE_SOURCE_DIR "/repros/" + folders[i];
    EXPECT_TRUE(read_manifest(read_file(folder + "/repro.json").value_or(""))) << folders[i];
  }
}

TEST(Real, DoctorAnswersWithinSeconds) {
  const Ran ran = run_command({kHangrate, "doctor", "--json"}, 30);
  EXPECT_EQ(ran.code, 0);
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.err;
  EXPECT_GE((*json)["capabilities"].size(), 9u);
}

}  // namespace
}  // namespace hangrate::testing
