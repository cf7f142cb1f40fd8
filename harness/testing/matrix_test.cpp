// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate matrix` on real guests: what a machine did before it died counts, nothing else does,
// and whoever dies, the run ends or goes on with every trial once.
#include <csignal>
#include <cstring>
#include <filesystem>

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
constexpr const char* kKernel = "debian:bookworm";
constexpr double kLimit = 280;

/// Has the process a file under `folder` open?
bool has_open(const std::filesystem::path& process, const std::string& folder) {
  std::error_code error;
  for (const auto& fd : std::filesystem::directory_iterator(process / "fd", error)) {
    if (std::filesystem::read_symlink(fd.path(), error).string().starts_with(folder)) return true;
  }
  return false;
}

/// Pids of QEMUs and user-mode kernels whose console is in `folder`.
std::vector<pid_t> guests_of(const std::string& folder) {
  std::vector<pid_t> pids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string line = read_file(entry.path().string() + "/cmdline").value_or("");
    const bool guest = line.find("qemu-system") != line.npos || line.find("uml_dir=") != line.npos;
    const bool ours = guest && has_open(entry.path(), folder);
    if (ours) pids.push_back(std::atoi(entry.path().filename().c_str()));
  }
  return pids;
}

/// A machine that died took at most one trial of each worker with it, and every other is a hit.
void expect_only_flight_lost(const Json& cell, std::uint64_t trials) {
  const auto lost = cell["outcomes"]["lost_machine"].get<std::uint64_t>();
  EXPECT_GE(lost, 1u) << cell.dump(2);
  EXPECT_LE(lost, 2u) << cell.dump(2);
  EXPECT_EQ(cell["hits"].get<std::uint64_t>() + lost, trials) << cell.dump(2);
}

class Matrix : public ::testing::Test {
 protected:
  /// The kernel all tests boot, fetched once; without it there is nothing to test.
  static std::string why_not() {
    static const std::string reason = [] {
      const Ran ran = run_command({kHangrate, "kernel", "fetch", kKernel}, kLimit);
      if (ran.code == 0) return std::string();
      return "no kernel to boot: " + ran.err.substr(0, 300);
    }();
    return reason;
  }

  void SetUp() override {
    if (!why_not().empty()) GTEST_SKIP() << why_not();
    if (run_command({"/bin/sh", "-c", "command -v qemu-system-x86_64"}).code != 0) {
      GTEST_SKIP() << "no qemu-system-x86_64: apt-get install qemu-system-x86";
    }
    write(R"({"schema":1,"kernels":[{"spec":"debian:bookworm"}]})");
  }

  void write(const std::string& text) {
    ASSERT_TRUE(write_file_atomically(folder_ / "matrix.json", text));
  }

  std::vector<std::string> argv(std::vector<std::string> more) const {
    std::vector<std::string> words = {kHangrate,           "matrix",        folder_ / "matrix.json",
                                      "--results",         folder_ / "run", "--json",
                                      folder_ / "run.json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::vector<std::string> resume() const {
    return {kHangrate, "matrix", "--resume", folder_ / "run", "--json", folder_ / "run.json"};
  }

  Json kernel() const {
    const auto json = parse_json(read_file(folder_ / "run.json").value_or(""));
    EXPECT_TRUE(json) << "no summary was written";
    return json ? (*json)["kernels"][0] : Json();
  }

  bool has_records() const {
    const std::string path = folder_ / "run/bookworm/boot-001/pipe_full_child.deadlock.jsonl";
    const std::string text = read_file(path).value_or("");
    return std::count(text.begin(), text.end(), '\n') > 20;
  }

  TempFolder folder_;
};

TEST_F(Matrix, AStockKernelShowsWhatItsManifestsSay) {
  const Ran ran = run_command(
      argv({"--trials", "60", "--boots", "1", "--weak-ok", "--repro", "fuse_flush_exit", "--repro",
            "pipe_resize_stall", "--repro", "pipe_full_child", "--html", folder_ / "run.html",
            "--junit", folder_ / "run.xml", "--markdown", folder_ / "run.md"}),
      kLimit);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const Json row = kernel();
  ASSERT_EQ(row["results"].size(), 3u) << row.dump(2);
  for (const Json& cell : row["results"]) {
    const bool clean = cell["repro"] == "pipe_resize_stall";
    EXPECT_EQ(cell["attempted"], 60) << cell.dump(2);
    EXPECT_EQ(cell["hits"], clean ? 0 : 60) << cell.dump(2);
    if (clean) {
      EXPECT_EQ(cell["verdict"], "weak") << "60 trials would not have seen it";
    }
  }
  EXPECT_EQ(row["boots"].size(), 1u);
  EXPECT_EQ(row["boots"][0]["end"], "finished");
  EXPECT_TRUE(guests_of(folder_.path()).empty());
  const Ran again = run_command({kHangrate, "report", folder_ / "run", "--json", "-"});
  EXPECT_EQ(again.out, read_file(folder_ / "run.json").value_or("none"));
  for (const char* file : {"run.html", "run.xml", "run.md"}) {
    EXPECT_GT(read_file(folder_ / file).value_or("").size(), 200u) << file;
  }
  EXPECT_EQ(junit_flaws(folder_ / "run.xml"), "");
}

TEST_F(Matrix, EveryHitOfAGuestHasItsTraceItsCauseAndNothingLost) {
  const Ran ran = run_command(
      argv({"--trials", "6", "--repro", "pipe_full_child", "--repro", "fuse_flush_exit"}), kLimit);
  EXPECT_EQ(ran.code, 0) << ran.err
                         << read_file(folder_ / "run/bookworm/boot-001/console.log").value_or("");
  for (const char* cell : {"pipe_full_child.deadlock", "fuse_flush_exit.self-held"}) {
    const std::string journal = folder_ / "run/bookworm/boot-001/" + cell + ".jsonl";
    const std::string cause = "cause: " + std::string(cell).substr(0, std::strcspn(cell, "."));
    for (int trial = 0; trial < 6; ++trial) {
      const std::string where = journal + ":" + std::to_string(trial);
      const Ran shown = run_command({kHangrate, "trace", "show", where});
      EXPECT_EQ(shown.code, 0) << shown.err;
      EXPECT_NE(shown.out.find(cause), std::string::npos) << where << "\n" << shown.out;
      EXPECT_NE(shown.out.find(" 0 lost"), std::string::npos) << where << "\n" << shown.out;
      EXPECT_NE(shown.out.find("sleeps"), std::string::npos) << where << "\n" << shown.out;
    }
  }
}

constexpr const char* kWidened =
    R"({"schema":1,"kernels":[{"spec":"%","id":"it","cmdline":"preempt=none",)"
    R"("params":{"pipe_resize_stall":{"widen":"auto"}}}]})";

/// Near misses of all shots that were searched with; a shot that strikes the walk is one.
std::uint64_t near_misses(const Json& cell) {
  std::uint64_t near = 0;
  for (const Json& arm : cell["search"]["arms"]) near += arm["near"].get<std::uint64_t>();
  return near;
}

TEST_F(Matrix, AWidenedRaceOfAFixedKernelStaysCleanThoughItsShotsStrike) {
  write(std::string(kWidened).replace(std::string(kWidened).find('%'), 1, kKernel));
  const Ran ran = run_command(argv({"--trials", "100", "--search", "100", "--boots", "1",
                                    "--weak-ok", "--repro", "pipe_resize_stall"}),
                              kLimit);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Json cell = kernel()["results"][0];
  EXPECT_EQ(cell["hits"], 0) << cell.dump(2);
  EXPECT_EQ(cell["trials"], 100) << cell.dump(2);
  EXPECT_EQ(cell["search"]["hits"], 0) << cell.dump(2);
  EXPECT_EQ(cell["search"]["trials"], 100) << cell.dump(2);
  EXPECT_EQ(cell["widened"], true);
  EXPECT_GT(near_misses(cell), 20u) << cell.dump(2);
}

TEST_F(Matrix, AWidenedRaceOfAnAffectedKernelHitsMostTimesWithoutPreemption) {
  constexpr const char* kAffected = "recipe:6.1-pipe-stall";
  if (run_command({kHangrate, "kernel", "fetch", "--offline", kAffected}, kLimit).code != 0) {
    GTEST_SKIP() << "no affected kernel in the cache: hangrate kernel fetch " << kAffected;
  }
  write(std::string(kWidened).replace(std::string(kWidened).find('%'), 1, kAffected));
  const Ran ran = run_command(
      argv({"--trials", "100", "--search", "150", "--boots", "1", "--repro", "pipe_resize_stall"}),
      kLimit);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Json cell = kernel()["results"][0];
  EXPECT_GT(cell["rate"]["low"].get<double>(), 0.3) << cell.dump(2);  // by chance: 0.02
  EXPECT_GT(near_misses(cell), 20u) << cell.dump(2);
}

TEST_F(Matrix, TrialsAreSpreadOverTheBootsAskedFor) {
  const Ran ran =
      run_command(argv({"--trials", "20", "--repro", "pipe_full_child", "--boots", "3"}), kLimit);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Json row = kernel();
  ASSERT_EQ(row["boots"].size(), 3u) << row.dump(2);
  std::uint64_t trials = 0;
  for (const Json& boot : row["boots"]) {
    EXPECT_EQ(boot["end"], "finished");
    EXPECT_GE(boot["clusters"][0]["trials"], 6);
    trials += boot["clusters"][0]["trials"].get<std::uint64_t>();
  }
  EXPECT_EQ(trials, 20u);
  EXPECT_EQ(row["results"][0]["hits"], 20);
}

TEST_F(Matrix, APanicCostsTheTrialInFlightAndNoOther) {
  ::setenv("HANGRATE_TEST_PANIC_MS", "4000", 1);
  const Ran ran = run_command(argv({"--trials", "300", "--trace", "off", "--repro",
                                    "pipe_full_child", "--junit", folder_ / "run.xml"}),
                              kLimit);
  ::unsetenv("HANGRATE_TEST_PANIC_MS");
  const std::string xml = read_file(folder_ / "run.xml").value_or("");
  EXPECT_EQ(junit_flaws(folder_ / "run.xml"), "");
  EXPECT_NE(xml.find("name=\"boot-001\""), std::string::npos) << xml;
  const Json row = kernel();
  ASSERT_EQ(row["boots"].size(), 2u) << ran.err;
  EXPECT_EQ(row["boots"][0]["end"], "panic");
  EXPECT_EQ(ran.code, 3) << "a guest that died is no clean pass";
  EXPECT_EQ(row["boots"][0]["findings"][0]["kind"], "panic");
  const Json cell = row["results"][0];
  EXPECT_EQ(cell["attempted"], 300) << cell.dump(2);
  expect_only_flight_lost(cell, 300);
}

TEST_F(Matrix, AKilledGuestIsNeitherCleanNorAHit) {
  bool killed = false;
  const Ran ran =
      run_command(argv({"--trials", "300", "--trace", "off", "--repro", "pipe_full_child"}), kLimit,
                  [&](pid_t) {
                    if (killed || !has_records()) return;
                    const auto guests = guests_of(folder_.path());
                    if (!guests.empty()) killed = ::kill(guests[0], SIGKILL) == 0;
                  });
  const Json row = kernel();
  EXPECT_TRUE(killed);
  ASSERT_EQ(row["boots"].size(), 2u) << ran.err;
  EXPECT_EQ(row["boots"][0]["end"], "died");
  expect_only_flight_lost(row["results"][0], 300);
}

TEST_F(Matrix, AKilledRunLeavesNoGuestAndGoesOnWhereItWas) {
  const auto words = argv({"--trials", "200", "--trace", "off", "--repro", "pipe_full_child"});
  const Ran killed = run_command(words, kLimit, [&](pid_t pid) {
    if (has_records()) ::kill(pid, SIGKILL);
  });
  ASSERT_EQ(killed.code, 128 + SIGKILL) << killed.err;
  for (int i = 0; i < 200 && !guests_of(folder_.path()).empty(); ++i) ::usleep(10'000);
  EXPECT_TRUE(guests_of(folder_.path()).empty());
  const Ran half = run_command({kHangrate, "report", folder_ / "run", "--json", "-"});
  const auto before = parse_json(half.out);
  ASSERT_TRUE(before) << half.err;
  const std::uint64_t had = (*before)["kernels"][0]["results"][0]["attempted"];
  EXPECT_GT(had, 0u);
  EXPECT_LT(had, 200u) << "killed too late to prove anything";
  EXPECT_EQ(half.code, 3) << half.err;
  const Ran rest = run_command(resume(), kLimit);
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(kernel()["results"][0]["hits"], 200);
  EXPECT_EQ(kernel()["boots"][0]["end"], "interrupted");
}

TEST_F(Matrix, CtrlCEndsTheGuestAndKeepsWhatItSaid) {
  bool sent = false;
  const Ran ran =
      run_command(argv({"--trials", "5000", "--repro", "pipe_full_child"}), kLimit, [&](pid_t pid) {
        if (sent || !has_records()) return;
        sent = ::kill(pid, SIGINT) == 0;
      });
  EXPECT_EQ(ran.code, 130) << ran.err;
  EXPECT_TRUE(guests_of(folder_.path()).empty());
  EXPECT_GT(kernel()["results"][0]["hits"], 0);
  EXPECT_EQ(kernel()["results"][0]["outcomes"]["lost_machine"], 0);
}

TEST_F(Matrix, CtrlCLetsANativeRowFreeItsVictimsAndSaySo) {
  write(R"({"schema":1,"kernels":[{"spec":"native"}]})");
  const std::string journal = folder_ / "run/native/boot-001/pipe_full_child.deadlock.jsonl";
  bool sent = false;
  const Ran ran = run_command(argv({"--trials", "100000", "--repro", "pipe_full_child"}), kLimit,
                              [&](pid_t pid) {
                                const std::string text = read_file(journal).value_or("");
                                if (sent || std::count(text.begin(), text.end(), '\n') < 20) return;
                                sent = ::kill(pid, SIGINT) == 0;
                              });
  EXPECT_EQ(ran.code, 130) << ran.err;
  EXPECT_EQ(kernel()["boots"][0]["end"], "interrupted");
  const auto lines = split(read_file(journal).value_or(""), '\n');
  ASSERT_GT(lines.size(), 20u);
  const auto last = parse_json(lines[lines.size() - 2]);
  ASSERT_TRUE(last);
  EXPECT_EQ((*last)["type"], "cell_end") << last->dump();
  EXPECT_EQ((*last)["reason"], "interrupted") << last->dump();
}

TEST_F(Matrix, ASupervisorThatIsKilledIsNoEndlessRow) {
  write(R"({"schema":1,"kernels":[{"spec":"native"}]})");
  const Ran ran = run_command(argv({"--trials", "50", "--repro", "fake/kills-supervisor",
                                    "--repro-dir", HANGRATE_BUILD_DIR "/fakes"}),
                              60);
  EXPECT_EQ(ran.code, 3) << ran.err;
  const Json row = kernel();
  EXPECT_LE(row["boots"].size(), 3u);
  EXPECT_GT(row["results"][0]["outcomes"]["infra"], 0) << row.dump(2);
  EXPECT_EQ(row["results"][0]["outcomes"]["clean"], 0) << row.dump(2);
  EXPECT_NE(ran.err.find("137"), std::string::npos) << ran.err;
}

/// One native row of `fake/rare`, which hits in every `every`-th trial on an affected kernel.
std::string stated_row(const char* expect, int every) {
  return R"({"schema":1,"kernels":[{"spec":"native","params":{"fake":{"every":")" +
         std::to_string(every) + R"("}})" + expect + "}]}";
}

TEST_F(Matrix, ARowThatIsStatedFixedFailsOnAHitAndPassesOnlyWithPower) {
  const std::string fixed = R"(,"expect":{"fake":"fixed","because":"TICKET-1"})";
  const auto ends = [&](const std::string& text, const char* trials) {
    write(text);
    std::filesystem::remove_all(folder_ / "run");
    return run_command(argv({"--trials", trials, "--repro", "fake/rare", "--repro-dir",
                             HANGRATE_BUILD_DIR "/fakes"}),
                       60)
        .code;
  };
  EXPECT_EQ(ends(stated_row(fixed.c_str(), 50), "200"), 1) << "a hit";
  EXPECT_EQ(kernel()["results"][0]["verdict"], "regression");
  EXPECT_EQ(ends(stated_row(fixed.c_str(), 1'000'000), "200"), 3) << "too few to see it";
  EXPECT_EQ(kernel()["results"][0]["verdict"], "weak");
  EXPECT_EQ(ends(stated_row(fixed.c_str(), 1'000'000), "300"), 0);
  EXPECT_EQ(kernel()["results"][0]["expectation_because"], "TICKET-1");
  EXPECT_EQ(ends(stated_row("", 1'000'000), "300"), 3) << "nobody says what is right";
  EXPECT_EQ(kernel()["results"][0]["verdict"], "no-expectation");
}

TEST_F(Matrix, ARowDoesNotGoOnWithAnotherKernel) {
  write(R"({"schema":1,"kernels":[{"spec":"native"}]})");
  const Ran first = run_command(argv({"--trials", "5", "--repro", "pipe_full_child"}), kLimit);
  ASSERT_EQ(first.code, 0) << first.err;
  const std::string path = folder_ / "run/matrix.jsonl";
  std::string text = read_file(path).value_or("");
  const auto at = text.find("\"identity\":\"");
  ASSERT_NE(at, std::string::npos);
  text.insert(at + 12, "another ");
  const auto trials = text.find("\"trials\":5");
  ASSERT_NE(trials, std::string::npos);
  text.replace(trials, 10, "\"trials\":9");
  ASSERT_TRUE(write_file_atomically(path, text));
  const Ran rest = run_command(resume(), kLimit);
  EXPECT_NE(rest.err.find("another one now"), std::string::npos) << rest.err;
  EXPECT_EQ(rest.code, 3) << "trials are missing";
  EXPECT_EQ(kernel()["results"][0]["attempted"], 5);
}

TEST_F(Matrix, ASpoiltJournalTakesNoOtherWithIt) {
  write(R"({"schema":1,"kernels":[{"spec":"native"},{"spec":"native","id":"twin"}]})");
  const Ran ran = run_command(argv({"--trials", "5", "--repro", "pipe_full_child"}), kLimit);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::string path = folder_ / "run/native/boot-001/pipe_full_child.deadlock.jsonl";
  std::string text = read_file(path).value_or("");
  text.insert(text.find('\n') + 1, "{\"type\":\"batch\",\"cell\":\"x\",\"first\":1,\"count\":2}\n");
  ASSERT_TRUE(write_file_atomically(path, text));
  const Ran report = run_command({kHangrate, "report", folder_ / "run", "--json", "-"});
  const auto json = parse_json(report.out);
  ASSERT_TRUE(json) << report.err;
  EXPECT_EQ((*json)["kernels"][0]["results"][0]["attempted"], 0);
  EXPECT_EQ((*json)["kernels"][1]["results"][0]["hits"], 5);
}

TEST_F(Matrix, AUserModeKernelIsAMachineToo) {
  const std::string program = "/usr/bin/linux.uml";
  if (::access(program.c_str(), X_OK) != 0) {
    GTEST_SKIP() << "no " << program << ": apt-get install user-mode-linux";
  }
  if (read_file("/proc/cpuinfo").value_or("").find(" amx_tile") != std::string::npos) {
    GTEST_SKIP() << "user-mode kernels before about 6.13 do not run on a CPU with AMX state";
  }
  write(R"({"schema":1,"kernels":[{"spec":"uml:)" + program +
        R"(","id":"uml","memory_mib":256}]})");
  const Ran ran =
      run_command(argv({"--trials", "20", "--boots", "1", "--weak-ok", "--repro", "fuse_flush_exit",
                        "--repro", "pipe_resize_stall", "--repro", "pipe_full_child"}),
                  kLimit);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const Json row = kernel();
  EXPECT_EQ(row["accel"], "uml");
  for (const Json& cell : row["results"]) {
    EXPECT_EQ(cell["hits"], cell["repro"] == "pipe_resize_stall" ? 0 : 20) << cell.dump(2);
  }
  EXPECT_TRUE(guests_of(folder_.path()).empty());
}

TEST_F(Matrix, AFullDiskEndsTheRunWithEveryWholeRecordAndItCanGoOn) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small tmpfs needs root";
  const std::string disk = folder_ / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=200k") != 0) {
    GTEST_SKIP() << "no tmpfs here: " << std::strerror(errno);
  }
  std::vector<std::string> words = {kHangrate,   "matrix",      folder_ / "matrix.json",
                                    "--results", disk + "/run", "--trials",
                                    "200",       "--repro",     "pipe_full_child"};
  const Ran ran = run_command(words, kLimit);
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_NE(ran.err.find("No space left"), std::string::npos) << ran.err;
  EXPECT_TRUE(guests_of(disk).empty());
  const Ran half = run_command({kHangrate, "report", disk + "/run", "--json", "-"});
  EXPECT_TRUE(parse_json(half.out)) << half.err;
  EXPECT_EQ(half.code, 3) << "what was cut short is no pass";
  EXPECT_NE(half.out.find(" of 200 trials"), std::string::npos) << half.out;
  EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=50m"), 0);
  const Ran rest = run_command(
      {kHangrate, "matrix", "--resume", disk + "/run", "--json", folder_ / "run.json"}, kLimit);
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(kernel()["results"][0]["hits"], 200);
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(Matrix, AKernelThatCannotBeHadIsTroubleAndTheOthersRun) {
  write(R"({"schema":1,"kernels":[{"spec":"image:/nowhere/bzImage","id":"gone"},)"
        R"({"spec":"debian:bookworm"}]})");
  const Ran ran = run_command(argv({"--trials", "5", "--repro", "pipe_full_child"}), kLimit);
  EXPECT_EQ(ran.code, 3) << ran.err;
  const auto json = parse_json(read_file(folder_ / "run.json").value_or(""));
  ASSERT_TRUE(json);
  EXPECT_NE((*json)["kernels"][0]["trouble"].get<std::string>().find("/nowhere/bzImage"),
            std::string::npos);
  EXPECT_EQ((*json)["kernels"][1]["results"][0]["hits"], 5);
}

TEST_F(Matrix, AGuestThatNeverSpeaksEndsTheRowBounded) {
  write(R"({"schema":1,"kernels":[{"spec":"debian:bookworm","cmdline":"rdinit=/nowhere"}]})");
  const Ran ran = run_command(argv({"--trials", "5", "--repro", "pipe_full_child"}), kLimit);
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_EQ(kernel()["boots"].size(), 3u);
  EXPECT_EQ(kernel()["results"][0]["hits"], 0);
}

struct Mistake {
  const char* name;
  const char* text;
  std::vector<std::string> more;
};
void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}
class BadMatrix : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadMatrix, IsOneClearLineAndExit2AndLeavesNothing) {
  const TempFolder folder;
  const std::string file = folder / "matrix.json";
  if (GetParam().text != nullptr) {
    ASSERT_TRUE(write_file_atomically(file, GetParam().text));
  }
  std::vector<std::string> argv = {kHangrate, "matrix", file, "--results", folder / "run"};
  argv.insert(argv.end(), GetParam().more.begin(), GetParam().more.end());
  const Ran ran = run_command(argv);
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_NE(::access((folder / "run").c_str(), F_OK), 0);
}

constexpr const char* kNative = R"({"schema":1,"kernels":[{"spec":"native"}]})";

INSTANTIATE_TEST_SUITE_P(
    All, BadMatrix,
    ::testing::Values(
        Mistake{"no_file", nullptr, {}}, Mistake{"no_json", "{", {}},
        Mistake{"future_schema", R"({"schema":9,"kernels":[{"spec":"native"}]})", {}},
        Mistake{"unknown_spec", R"({"schema":1,"kernels":[{"spec":"cpm:22"}]})", {}},
        Mistake{"unknown_member", R"({"schema":1,"kernels":[{"spec":"native","cpu":2}]})", {}},
        Mistake{"unknown_reproducer", kNative, {"--repro", "nope"}},
        Mistake{"no_trials", kNative, {"--trials", "0"}},
        Mistake{"expect_unknown_word", kNative, {"--expect", "pipe_resize_stall=clean:x"}},
        Mistake{"expect_without_because",
                R"({"schema":1,"kernels":[{"spec":"native",
                    "expect":{"pipe_resize_stall":"fixed"}}]})",
                {}},
        Mistake{"confidence_nan", kNative, {"--confidence", "nan"}},
        Mistake{"seed_negative", kNative, {"--seed", "-1"}},
        Mistake{"jobs_negative", kNative, {"--jobs", "-1"}},
        Mistake{"parameter_that_cannot_be",
                R"({"schema":1,"kernels":[{"spec":"native",
                    "params":{"pipe_resize_stall":{"cpu":"banana"}}}]})",
                {}},
        Mistake{"bad_shard", kNative, {"--shard", "3/2"}},
        Mistake{"empty_filter_result", kNative, {"--filter", "bookworm"}},
        Mistake{"two_on_stdout", kNative, {"--json", "-", "--junit", "-"}},
        Mistake{"unknown_accel", kNative, {"--accel", "magic"}}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace hangrate::testing
