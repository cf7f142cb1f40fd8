// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate run` as a user runs it, on fake victims: which of them is a hit, which never is, and
// that nothing is lost, left behind or waited for without end.
#include <csignal>
#include <filesystem>
#include <map>

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <termios.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kFakes = HANGRATE_BUILD_DIR "/fakes";

std::vector<std::string> fake_run(const std::string& variant, std::vector<std::string> more) {
  std::vector<std::string> argv = {kHangrate,     "run",  "fake/" + variant,
                                   "--repro-dir", kFakes, "-q"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

/// Runs a fake and gives its one result of the JSON summary.
Json result_of(const std::string& variant, const std::string& trials, int* code,
               std::vector<std::string> more = {}) {
  const TempFolder folder;
  std::vector<std::string> argv = fake_run(
      variant, {"--trials", trials, "--results", folder / "run", "--json", "-", "--workers", "2"});
  argv.insert(argv.end(), more.begin(), more.end());
  const Ran ran = run_command(argv);
  if (code != nullptr) *code = ran.code;
  auto json = parse_json(ran.out);
  EXPECT_TRUE(json) << ran.out << ran.err;
  return json ? (*json)["kernels"][0]["results"][0] : Json();
}

/// Processes whose command line holds `text`.
int processes_with(const std::string& text) {
  int count = 0;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const std::string line = read_file("/proc/" + name + "/cmdline").value_or("");
    if (line.find(text) != line.npos) ++count;
  }
  ::closedir(proc);
  return count;
}

/// Trials that ended by themselves; whether one was late depends on the machine.
int ended_by_itself(const Json& result) {
  return result["outcomes"]["clean"].get<int>() + result["outcomes"]["slow"].get<int>();
}

/// Whether the journal in `folder` holds at least `records` records, so that a run is under way.
bool has_records(const std::string& folder, std::ptrdiff_t records) {
  const std::string text = read_file(folder + "/journal.jsonl").value_or("");
  return std::count(text.begin(), text.end(), '\n') > records;
}

struct Expected {
  const char* variant;
  const char* outcome;  ///< key of outcomes{}, "" for one that ended by itself
  int code;
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.variant;
}

class FakeVictim : public ::testing::TestWithParam<Expected> {};

TEST_P(FakeVictim, GetsTheOutcomeItDeserves) {
  int code = -1;
  const Json result = result_of(GetParam().variant, "3", &code);
  const std::string outcome = GetParam().outcome;
  EXPECT_EQ(outcome.empty() ? ended_by_itself(result) : result["outcomes"][outcome].get<int>(), 3)
      << result.dump(2);
  const bool is_bug = std::string(GetParam().variant) == "lost-wakeup";
  EXPECT_EQ(result["hits"], is_bug ? 3 : 0);
  EXPECT_EQ(code, GetParam().code) << result.dump(2);
}

INSTANTIATE_TEST_SUITE_P(
    All, FakeVictim,
    ::testing::Values(Expected{"lost-wakeup", "hang_match", 0},  // the bug: must fire
                      Expected{"clean", "clean", 0},
                      Expected{"slow", "", 0},                   // asleep 300 ms, ends by itself
                      Expected{"restless", "", 0},               // asleep at every look, but moves
                      Expected{"elsewhere", "hang_other", 1},    // hangs, not where the bug does
                      Expected{"other", "stuck", 3},             // stands still, invariant holds
                      Expected{"wrong-descriptor", "stuck", 3},  // our own poll disagrees
                      Expected{"starved", "inconclusive", 3},    // runs for ever
                      Expected{"stopped", "inconclusive", 3},    // SIGSTOP
                      Expected{"killable-d", "hang_other", 1},   // state D is not "unkillable"
                      Expected{"exits", "infra", 3},             // a silent exit is no pass
                      Expected{"crashes", "infra", 3}, Expected{"anomaly", "anomaly", 1}),
    [](const auto& each) {
      std::string name = each.param.variant;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(Run, AKillableVictimInStateDIsSeenToDie) {
  const Json result = result_of("killable-d", "1", nullptr);
  EXPECT_EQ(result["kinds"][0]["verdict"]["kill"], "dies") << result.dump(2);
  EXPECT_EQ(result["kinds"][0]["verdict"]["wait"], "uninterruptible");
}

TEST(Run, TheLeverFreesALostWakeupAndStopContinueDoesNot) {
  const Json result = result_of("lost-wakeup", "1", nullptr);
  EXPECT_EQ(result["kinds"][0]["verdict"]["freed_by"], "lever") << result.dump(2);
}

TEST(Run, AWorkerStuckOutsideItsAwaitIsStuckAndNoHang) {
  int code = -1;
  const Json result = result_of("worker-stuck", "1", &code);
  EXPECT_EQ(result["outcomes"]["stuck"], 1) << result.dump(2);
  EXPECT_EQ(code, 3);
}

TEST(Run, WhatStandsStillWithoutAProofIsEndedByTheLeverAlone) {
  const Json verdict = result_of("other", "1", nullptr)["kinds"][0]["verdict"];
  EXPECT_EQ(verdict["outcome"], "stuck") << verdict.dump(2);
  EXPECT_EQ(verdict["kill"], "untested");
  EXPECT_EQ(verdict["rescue"], "untested");
}

TEST(Run, TheGateTurnsWhatSaysNothingIntoAFailureOrAPass) {
  const auto code = [](const char* variant, std::vector<std::string> options) {
    int ended = -1;
    result_of(variant, "5", &ended, std::move(options));
    return ended;
  };
  EXPECT_EQ(code("rare", {"--param", "every=1000000", "--expect", "fake=fixed:x"}), 3);
  EXPECT_EQ(code("rare", {"--param", "every=1000000", "--expect", "fake=fixed:x", "--weak-ok"}), 0);
  EXPECT_EQ(code("rare", {"--param", "every=1000000", "--expect", "fake=fixed:x", "--fail-on",
                          "skip,weak"}),
            1);
  EXPECT_EQ(code("skip", {}), 4);
  EXPECT_EQ(code("skip", {"--require", "fake"}), 1);
  EXPECT_EQ(code("skip", {"--fail-on", "skip"}), 1);
  EXPECT_EQ(code("skip", {"--fail-on", "weak"}), 4);
}

TEST(Run, ASkipNamesItsReasonAndIsExit4) {
  int code = -1;
  const Json result = result_of("skip", "5", &code);
  EXPECT_EQ(code, 4);
  EXPECT_EQ(result["trials"], 0);
  EXPECT_EQ(result["skip_reason"], "this fake never runs: remedy X");
}

TEST(Run, AWorkerThatCannotStartIsInfra) {
  int code = -1;
  const Json result = result_of("setup-fails", "5", &code);
  EXPECT_EQ(code, 3) << result.dump(2);
  EXPECT_EQ(result["trials"], 0);
  EXPECT_NE(result["notes"].dump().find("frobnicate"), std::string::npos);
}

TEST(Run, ATrialThatAlwaysFailsEndsTheRunWithEachOnRecord) {
  int code = -1;
  const Json result = result_of("fails", "5", &code);
  EXPECT_EQ(result["outcomes"]["infra"], 5) << result.dump(2);
  EXPECT_EQ(code, 3);
  EXPECT_NE(result["kinds"].dump().find("frobnicate"), std::string::npos);
}

TEST(Run, WhatAReproducerSaysAfterASlowTrialCountsOnceAndForThatTrial) {
  const Json result = result_of("slow-then-anomaly", "6", nullptr, {"--param", "every=2"});
  EXPECT_EQ(result["outcomes"]["anomaly"], 3) << result.dump(2);
  EXPECT_EQ(result["outcomes"]["clean"], 3);
  EXPECT_EQ(result["attempted"], 6);
}

TEST(Run, AHitStaysAHitWhateverItsTrialSaysAfterItsRescue) {
  for (const char* variant : {"hang-then-anomaly", "hang-then-fails"}) {
    const Json result = result_of(variant, "6", nullptr, {"--param", "every=2"});
    EXPECT_EQ(result["hits"], 3) << variant << result.dump(2);
    EXPECT_EQ(result["outcomes"]["clean"], 3) << variant;
    EXPECT_EQ(result["attempted"], 6) << variant;
    EXPECT_NE(result["notes"].dump().find("has its verdict"), std::string::npos) << variant;
  }
}

TEST(Run, AnOverdueTrialThatParksAfterAllIsProvenAndNotCalledSlow) {
  const Json result = result_of("late-parker", "1", nullptr);
  EXPECT_EQ(result["hits"], 1) << result.dump(2);
}

TEST(Run, AnOverdueTrialThatEndsByItselfIsOneTrialAndNoneIsLost) {
  const Json result = result_of("late-finisher", "40", nullptr, {"--param", "every=20"});
  EXPECT_EQ(result["hits"], 0) << result.dump(2);
  EXPECT_EQ(result["attempted"], 40);
  // Whether it is late enough to be watched depends on how slow the machine is.
  EXPECT_EQ(ended_by_itself(result), 40) << result.dump(2);
}

TEST(Run, AWorkerThatHangsAfterItsRescueIsReplacedAndTheRunEnds) {
  const Json result = result_of("stuck-after-kill", "3", nullptr);
  EXPECT_EQ(result["outcomes"]["hang_other"], 3) << result.dump(2);
  EXPECT_NE(result["notes"].dump().find("does not end a trial"), std::string::npos);
}

TEST(Run, ASkipInTheMiddleMakesNoPassOfHalfARun) {
  for (const char* workers : {"1", "2"}) {
    const TempFolder folder;
    const Ran ran =
        run_command(fake_run("skips-later", {"--trials", "100000", "--workers", workers, "--json",
                                             "-", "--results", folder / "run"}));
    const auto json = parse_json(ran.out);
    ASSERT_TRUE(json) << ran.out << ran.err;
    const Json& result = (*json)["kernels"][0]["results"][0];
    EXPECT_NE(json->dump().find("remedy Y"), std::string::npos);
    // With two, the very first trial of the cell may be one that skips.
    const bool none = workers == std::string("2") && result["outcomes"]["clean"] == 0;
    EXPECT_EQ(ran.code, none ? 4 : 3) << result.dump(2);
    if (workers == std::string("2")) continue;
    EXPECT_EQ(result["outcomes"]["clean"], 5);
    EXPECT_EQ(result["skip_reason"], "");
    EXPECT_EQ(result["verdict"], "infra");
    EXPECT_EQ(result["outcomes"]["infra"], 20) << "it gives up";
    EXPECT_NE(result["explanation"].dump().find("given up after 20"), std::string::npos);
  }
}

TEST(Run, ALaneThatCannotStartTakesNoTrialFromOneThatCan) {
  const Json result = result_of("one-lane-works", "1", nullptr);
  EXPECT_EQ(result["hits"], 1) << result.dump(2);
  EXPECT_EQ(result["attempted"], 1);
}

/// Runs a shell line with the words of `argv` behind it.
std::vector<std::string> under_shell(const std::string& line,
                                     const std::vector<std::string>& argv) {
  std::vector<std::string> words = {"/bin/sh", "-c", line + "; exec \"$@\"", "sh"};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

TEST(Run, AParentThatIgnoresSigchldDoesNotHoldItUp) {
  const TempFolder folder;
  const Ran ran =
      run_command(under_shell("trap '' CHLD", fake_run("crashes", {"--trials", "3", "--results",
                                                                   folder / "run", "--json", "-"})),
                  30);
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.code << ran.err;
  EXPECT_EQ((*json)["kernels"][0]["results"][0]["outcomes"]["infra"], 3);
}

TEST(Run, TooFewDescriptorsIsAReasonNotACrash) {
  const TempFolder folder;
  for (const char* limit : {"8", "9", "10", "11", "12", "14"}) {
    const Ran ran =
        run_command(under_shell("ulimit -n " + std::string(limit),
                                fake_run("clean", {"--trials", "3", "--results", folder / limit})),
                    30);
    EXPECT_TRUE(ran.code == 0 || ran.code == 2 || ran.code == 3)
        << limit << ": " << ran.code << ran.err;
    if (ran.code != 0) {
      EXPECT_NE(ran.err.find("Too many open files"), std::string::npos) << ran.err;
    }
  }
}

TEST(Run, OneJournalHasOneWriter) {
  const TempFolder folder;
  const std::string run = folder / "run";
  Ran second;
  const Ran first = run_command(
      fake_run("lost-wakeup", {"--trials", "100000", "--results", run}), 60, [&](pid_t pid) {
        if (second.code != -1 || !has_records(run, 1)) return;
        second = run_command({kHangrate, "run", "--resume", run, "--repro-dir", kFakes});
        ::kill(pid, SIGINT);
      });
  EXPECT_EQ(first.code, 130) << first.err;
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("another hangrate"), std::string::npos) << second.err;
}

TEST(Run, AStoppedTerminalDoesNotStopTheRun) {
  const TempFolder folder;
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  const std::string terminal = ::ptsname(master);
  const int slave = ::open(terminal.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(slave, 0);
  const std::string json = folder / "run.json";
  bool stopped = false;
  const Ran ran =
      run_command(under_shell("exec 2>" + terminal,
                              {kHangrate, "run", "fake/lost-wakeup", "--repro-dir", kFakes,
                               "--trials", "300", "--budget", "20s", "--results", folder / "run"}),
                  60, [&](pid_t) {
                    if (stopped || !has_records(folder / "run", 1)) return;
                    stopped = ::tcflow(slave, TCOOFF) == 0;  // what Ctrl-S does
                  });
  EXPECT_TRUE(stopped);
  const Ran report = run_command({kHangrate, "report", folder / "run", "--json", "-"});
  ::tcflow(slave, TCOON);
  ::close(slave);
  ::close(master);
  const auto all = parse_json(report.out);
  ASSERT_TRUE(all) << report.err;
  EXPECT_EQ((*all)["kernels"][0]["results"][0]["trials"], 300);
}

TEST(Run, AFullStdoutIsNoSuccess) {
  for (const char* command : {"list", "describe"}) {
    std::vector<std::string> argv = {kHangrate, command};
    if (std::string(command) == "describe") argv.emplace_back("fake");
    argv.insert(argv.end(), {"--repro-dir", kFakes});
    const Ran ran = run_command(under_shell("exec >/dev/full", argv));
    EXPECT_EQ(ran.code, 3) << command;
    EXPECT_NE(ran.err.find("No space left"), std::string::npos) << command << ran.err;
  }
}

TEST(Run, ResumeRefusesAnotherBuildOfTheReproducer) {
  const TempFolder folder;
  const std::string run = folder / "run";
  run_command(fake_run("clean", {"--trials", "3", "--results", run}));
  const std::string path = run + "/journal.jsonl";
  std::string text = read_file(path).value_or("");
  const std::string before = "\"invariant\":\"whatever the variant says\"";
  ASSERT_NE(text.find(before), std::string::npos);
  text.replace(text.find(before), before.size(), "\"invariant\":\"what it said back then\"");
  ASSERT_TRUE(write_file_atomically(path, text));
  const Ran ran = run_command({kHangrate, "run", "--resume", run, "--repro-dir", kFakes});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("another build of fake"), std::string::npos) << ran.err;
}

TEST(Run, MeasurementsReachTheSummary) {
  const Json result = result_of("measures", "2", nullptr);
  EXPECT_EQ(result["measurements"][0]["value"], "63568");
}

TEST(Run, RareHitsAmongCleanTrialsAreAllCounted) {
  const Json result = result_of("lost-wakeup", "2000", nullptr, {"--param", "every=100"});
  EXPECT_EQ(result["trials"], 2000);
  EXPECT_EQ(result["hits"], 20);
}

TEST(Run, EveryTrialHasExactlyOneRecord) {
  const Json result = result_of("lost-wakeup", "300", nullptr);
  EXPECT_EQ(result["trials"], 300);
  EXPECT_EQ(result["hits"], 300);
}

TEST(Run, StopsAfterTheHitsAskedFor) {
  const Json result = result_of("lost-wakeup", "100000", nullptr, {"--hits", "5"});
  EXPECT_GE(result["hits"], 5);
  EXPECT_LT(result["hits"], 40);  // trials in flight are recorded too
  EXPECT_EQ(result["stopped_by"], "hits");
}

TEST(Run, StopsOnceTheRateIsExcluded) {
  const TempFolder folder;
  const Ran ran = run_command(
      fake_run("clean", {"--until-excluded", "0.01", "--results", folder / "run", "--json", "-"}));
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.err;
  EXPECT_LE((*json)["kernels"][0]["results"][0]["excluded_rate"], 0.01);
  EXPECT_GE((*json)["kernels"][0]["results"][0]["trials"], 299);
}

TEST(Run, TheSameSeedGivesTheSameCellSeed) {
  const Json a = result_of("clean", "1", nullptr, {"--seed", "42"});
  const Json b = result_of("clean", "1", nullptr, {"--seed", "42"});
  EXPECT_EQ(a["seed"], b["seed"]);
}

TEST(Run, LeavesNoProcessBehindEvenWhenATrialDetachesOne) {
  const int before = processes_with("fakes/fake");
  result_of("leaves-child", "4", nullptr);
  result_of("elsewhere", "2", nullptr);
  EXPECT_EQ(processes_with("fakes/fake"), before);
}

TEST(Run, SigkillInTheMiddleAndResumeGiveTheFullTotal) {
  const TempFolder folder;
  const std::string run = folder / "run";
  run_command(fake_run("lost-wakeup", {"--trials", "6000", "--param", "every=4", "--results", run}),
              60, [&](pid_t pid) {
                if (has_records(run, 100)) ::kill(pid, SIGKILL);
              });
  const Ran half = run_command({kHangrate, "report", run, "--json", "-"});
  const auto before = parse_json(half.out);
  ASSERT_TRUE(before) << half.err;
  EXPECT_LT((*before)["kernels"][0]["results"][0]["trials"], 6000)
      << "killed too late to prove anything";
  EXPECT_NE(half.out.find(" of 6000 trials"), std::string::npos) << half.out;
  const Ran rest =
      run_command({kHangrate, "run", "--resume", run, "--repro-dir", kFakes, "--json", "-", "-q"});
  const auto after = parse_json(rest.out);
  ASSERT_TRUE(after) << rest.err;
  EXPECT_EQ((*after)["kernels"][0]["results"][0]["trials"], 6000) << rest.out;
  EXPECT_EQ((*after)["kernels"][0]["results"][0]["hits"], 1500);
  for (int i = 0; i < 400 && processes_with("fakes/fake") > 0; ++i) ::usleep(10'000);
  EXPECT_EQ(processes_with("fakes/fake"), 0);
}

TEST(Run, CtrlCEndsCleanlyWithTheResultsSoFar) {
  const TempFolder folder;
  bool sent = false;
  const Ran ran = run_command(fake_run("lost-wakeup", {"--trials", "1000000", "--param", "every=50",
                                                       "--results", folder / "run", "--json", "-"}),
                              60, [&](pid_t pid) {
                                if (sent || !has_records(folder / "run", 20)) return;
                                sent = true;
                                ::kill(pid, SIGINT);
                              });
  EXPECT_EQ(ran.code, 130) << "a run that does not end is killed after a minute";
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.err;
  EXPECT_GT((*json)["kernels"][0]["results"][0]["trials"], 0);
}

TEST(Run, ReportFromTheJournalSaysTheSameAsTheRun) {
  const TempFolder folder;
  const Ran ran =
      run_command(fake_run("lost-wakeup", {"--trials", "40", "--results", folder / "run", "--json",
                                           folder / "run.json"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Ran report = run_command({kHangrate, "report", folder / "run", "--json", "-"});
  EXPECT_EQ(report.out, read_file(folder / "run.json").value_or("none"));
  const Ran again =
      run_command({kHangrate, "report", folder / "run", "--reclassify", "--json", "-"});
  EXPECT_EQ(again.out, report.out);
  EXPECT_NE(again.err.find("0 verdicts changed"), std::string::npos);
}

TEST(Run, AMessageCarriesNoControlCharacterToTheTerminal) {
  const Ran run = run_command({kHangrate, "run", "\033[31mfake", "--repro-dir", kFakes});
  const Ran list = run_command({kHangrate, "kernel", "fetch", "deb:/no\nwhere\033]0;x"});
  for (const Ran& ran : {run, list}) {
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err.find('\033'), std::string::npos) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST(Run, FetchingSeveralKernelsEndsWithTheWorstCode) {
  const TempFolder folder;
  const std::string usage = "image:/nowhere";
  const std::string machine = "debian:bookworm";  // offline, and nothing is cached
  for (const auto& specs : {std::vector{usage, machine}, std::vector{machine, usage}}) {
    std::vector<std::string> argv = {kHangrate, "kernel",         "fetch",
                                     "--cache", folder / "cache", "--offline"};
    argv.insert(argv.end(), specs.begin(), specs.end());
    EXPECT_EQ(run_command(argv).code, 3);
  }
}

TEST(Run, KtapHasOneLinePerCellAndAPlan) {
  const TempFolder folder;
  const Ran ran = run_command(
      fake_run("lost-wakeup", {"--trials", "2", "--results", folder / "run", "--ktap"}));
  EXPECT_EQ(ran.out.find("KTAP version 1\n"), 0u);
  EXPECT_NE(ran.out.find("1..1\n"), std::string::npos);
  EXPECT_NE(ran.out.find("\nok 1 fake.lost-wakeup"), std::string::npos) << ran.out;
}

TEST(Run, EveryReportIsWrittenAndMadeAgainFromItsFolder) {
  const TempFolder folder;
  const Ran ran = run_command(fake_run(
      "lost-wakeup",
      {"--trials", "2", "-q", "--results", folder / "run", "--html", folder / "html", "--junit",
       folder / "junit", "--markdown", folder / "markdown", "--json", folder / "json"}));
  EXPECT_EQ(junit_flaws(folder / "junit"), "");
  for (const std::string name : {"html", "junit", "markdown", "json"}) {
    const Ran again = run_command({kHangrate, "report", folder / "run", "--" + name, "-"});
    EXPECT_EQ(again.code, ran.code) << ran.err;
    EXPECT_EQ(again.out, read_file(folder / name).value_or("none")) << name;
    EXPECT_GT(again.out.size(), 200u) << name;
  }
}

TEST(Run, TwoReportsOnStdoutAreAMistake) {
  const TempFolder folder;
  const Ran ran = run_command(fake_run(
      "lost-wakeup", {"--trials", "2", "--results", folder / "run", "--ktap", "--json", "-"}));
  EXPECT_EQ(ran.code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

struct Mistake {
  const char* name;
  std::vector<std::string> argv;
  int code;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class BadInput : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadInput, IsOneClearLineAndTheRightExitCode) {
  const TempFolder folder;
  std::vector<std::string> argv = {kHangrate};
  for (std::string word : GetParam().argv) {
    if (word.starts_with("@")) word = folder / word.substr(1);
    argv.push_back(word);
  }
  std::system(("mkdir -p " + (folder / "empty")).c_str());
  if (argv.size() > 1 && argv[1] == "run") argv.insert(argv.end(), {"--repro-dir", kFakes});
  const Ran ran = run_command(argv);
  EXPECT_EQ(ran.code, GetParam().code) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadInput,
    ::testing::Values(
        Mistake{"no_command", {}, 2}, Mistake{"unknown_command", {"dance"}, 2},
        Mistake{"unknown_reproducer", {"run", "nope"}, 2},
        Mistake{"unknown_variant_in_selector", {"run", "fake/nope"}, 2},
        Mistake{"unknown_variant", {"run", "fake", "--variant", "nope"}, 2},
        Mistake{"unknown_parameter", {"run", "fake", "--param", "x=1"}, 2},
        Mistake{"parameter_without_value", {"run", "fake", "--param", "every"}, 2},
        Mistake{"parameter_out_of_range", {"run", "fake", "--param", "every=0"}, 2},
        Mistake{"expect_unknown_reproducer", {"run", "fake", "--expect", "nope=fixed:x"}, 2},
        Mistake{"expect_unknown_word", {"run", "fake", "--expect", "fake=clean:x"}, 2},
        Mistake{"expect_without_reason", {"run", "fake", "--expect", "fake=fixed"}, 2},
        Mistake{"no_trials", {"run", "fake", "--trials", "0"}, 2},
        Mistake{"negative_trials", {"run", "fake", "--trials", "-5"}, 2},
        Mistake{"trials_beyond_numbers", {"run", "fake", "--trials", "1e20"}, 2},
        Mistake{"too_many_trials", {"run", "fake", "--trials", "99999999999999"}, 2},
        Mistake{"confidence_one", {"run", "fake", "--confidence", "1"}, 2},
        Mistake{"confidence_nan", {"run", "fake", "--confidence", "nan"}, 2},
        Mistake{"excluded_nan", {"run", "fake", "--until-excluded", "nan"}, 2},
        Mistake{"seed_negative", {"run", "fake", "--seed", "-1"}, 2},
        Mistake{"seed_beyond_numbers", {"run", "fake", "--seed", "18446744073709551616"}, 2},
        Mistake{"first_trial_negative", {"run", "fake", "--first-trial", "-1"}, 2},
        Mistake{"workers_hexadecimal", {"run", "fake", "--workers", "0x2"}, 2},
        Mistake{"budget_nan", {"run", "fake", "--budget", "nan"}, 2},
        Mistake{"excluded_two", {"run", "fake", "--until-excluded", "2"}, 2},
        Mistake{"budget_nonsense", {"run", "fake", "--budget", "soon"}, 2},
        Mistake{"budget_negative", {"run", "fake", "--budget", "-3s"}, 2},
        Mistake{"no_workers", {"run", "fake", "--workers", "0"}, 2},
        Mistake{"fail_on_what", {"run", "fake", "--fail-on", "skip,rain"}, 2},
        Mistake{"require_what_does_not_run", {"run", "fake", "--require", "nope"}, 2},
        Mistake{"weak_both_ways", {"run", "fake", "--weak-ok", "--fail-on", "weak"}, 2},
        Mistake{"power_over_what", {"run", "fake", "--power", "luck"}, 2},
        Mistake{"json_is_a_folder", {"run", "fake", "--json", "/tmp"}, 2},
        Mistake{"json_in_no_folder", {"run", "fake", "--json", "/nowhere/x.json"}, 2},
        Mistake{"resume_nothing", {"run", "--resume", "/nowhere"}, 2},
        Mistake{"resume_empty", {"run", "--resume", ""}, 2},
        Mistake{"replay_empty", {"run", "--replay", ""}, 2},
        Mistake{"warm_empty", {"run", "fake/lost-wakeup", "--warm", ""}, 2},
        Mistake{"replay_equals_nothing", {"run", "--replay=", "fake"}, 2},
        Mistake{"results_equals_nothing", {"run", "--results=", "fake/clean"}, 2},
        Mistake{"selector_empty", {"run", ""}, 2}, Mistake{"matrix_file_empty", {"matrix", ""}, 2},
        Mistake{"resume_and_more", {"run", "--resume", "/nowhere", "--trials", "3"}, 2},
        Mistake{"resume_and_confidence", {"run", "--resume", "/nowhere", "--confidence", "0.9"}, 2},
        Mistake{"results_in_no_folder", {"run", "fake/clean", "--results", "/nowhere/run"}, 2},
        Mistake{"results_under_a_file", {"run", "fake/clean", "--results", "/etc/passwd/run"}, 2},
        Mistake{"report_nothing", {"report", "/nowhere"}, 2},
        Mistake{"report_empty_folder", {"report", "@empty"}, 2},
        Mistake{"describe_unknown", {"describe", "nope", "--repro-dir", kFakes}, 2},
        Mistake{"list_without_folder", {"list", "--repro-dir", "/nowhere"}, 2}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(BadInput, AnUnwritableResultsFolderIsExit3AndSaysWhy) {
  const Ran ran = run_command(fake_run("clean", {"--results", "/sys/kernel/here"}));
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_NE(ran.err.find("/sys/kernel/here"), std::string::npos);
  EXPECT_EQ(ran.err.find("hangrate report"), std::string::npos) << "there is nothing to report";
}

}  // namespace
}  // namespace hangrate::testing
