// SPDX-License-Identifier: GPL-2.0-or-later
//
// `hangrate matrix` with a machine that lies: a program called like QEMU that writes what it likes
// into the channel. Whatever that is, the host goes on, believes nothing behind the first wrong
// line, says "corrupt" and never passes.
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/model/record.h"
#include "harness/testing/bz_image.h"
#include "harness/testing/command.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using namespace std::string_literals;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kRepros = HANGRATE_BUILD_DIR "/libexec/hangrate";
constexpr int kTrials = 10;

/// Finds the channel it inherited, copies "say" into the ring of it and "counters" over those of
/// its header (harness/sys/channel.h).
constexpr const char* kMachine = R"py(#!/usr/bin/env python3
import mmap, os, re, struct, sys, time
here = os.path.dirname(os.path.abspath(__file__))
fd = int(re.search(r"mem-path=/proc/self/fd/(\d+)", " ".join(sys.argv)).group(1))
memory = mmap.mmap(fd, 16 << 20)
said = open(here + "/say", "rb").read()
memory[4096:4096 + len(said)] = said
memory[8:16] = struct.pack("<Q", len(said))
if os.path.exists(here + "/counters"):
    counters = open(here + "/counters", "rb").read()
    memory[8:8 + len(counters)] = counters
if os.path.exists(here + "/floods"):
    console = int(re.search(r"set=1,fd=(\d+)", " ".join(sys.argv)).group(1))
    while True:
        os.write(console, b"flood " * 10000)
while os.path.exists(here + "/stays"):
    time.sleep(0.05)
)py";

std::string line(const Json& json) {
  return dump_line(json) + "\n";
}

/// What a guest of the image below says first.
std::string hello(const std::string& release, const std::string& build_id = "") {
  return line({{"type", "hello"},
               {"uptime_ns", 1},
               {"release", release},
               {"build_id", build_id},
               {"failed", Json::array()}});
}

const std::string kHello = hello("6.1.0");
const std::string kBegin = line({{"type", "begin"}, {"command", 0}});
const std::string kBye = line({{"type", "bye"}});

RunHeader header_of(const std::string& variant) {
  CellSpec cell;
  cell.repro = "pipe_full_child";
  cell.variant = variant;
  cell.trials = kTrials;
  cell.manifest.name = cell.repro;
  cell.manifest.variants.resize(1);
  cell.manifest.variants[0].name = "deadlock";
  cell.manifest.variants[0].expect = Expect::Never;
  cell.manifest.variants[0].reference_rate = 0.9;
  RunHeader header;
  header.environment.release = "6.1.0";
  header.cells = {cell};
  return header;
}

std::string header_line(const std::string& variant = "deadlock") {
  return line(to_json_value(header_of(variant)));
}

std::string batch(std::uint64_t first, std::uint64_t count, std::uint64_t cell = 0) {
  return line({{"type", "batch"},
               {"cell", cell},
               {"lane", 0},
               {"worker", 0},
               {"first", first},
               {"count", count}});
}

std::string cell_end(const std::string& reason) {
  return line({{"type", "cell_end"}, {"cell", 0}, {"reason", reason}, {"elapsed", 1000}});
}

/// A hit with times of which no difference is a number.
std::string impossible_hit() {
  TrialRecord record;
  record.verdict.outcome = Outcome::Hang;
  record.verdict.signature = SignatureMatch::Match;
  record.observation.wedge = INT64_MIN;
  record.observation.proven = INT64_MAX;
  record.observation.ended = -1;
  return line(to_json_value(Record(record)));
}

class HostileGuest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_command({"/usr/bin/env", "python3", "-c", "import mmap"}).code != 0) {
      GTEST_SKIP() << "no python3 to play the machine: apt-get install python3";
    }
    const std::string repros = folder_ / "repros";
    fs::create_directories(repros + "/guest");
    fs::create_directories(folder_ / "bin");
    fs::create_symlink(kRepros + "/pipe_full_child", repros + "/pipe_full_child");
    put("repros/guest/hangrate-init", "never run");
    put("repros/guest/hangrate", "never run");
    put("repros/guest/pipe_full_child", "never run");
    put("bzImage", bz_image("6.1.0"));
    put("bin/qemu-system-x86_64", kMachine);
    // As root, it is played by a user of nobody.
    fs::permissions(folder_ / "bin/qemu-system-x86_64", static_cast<fs::perms>(0755));
    for (const char* folder : {"", "bin"}) {
      fs::permissions(folder_ / folder, static_cast<fs::perms>(0755));
    }
    put("matrix.json", line({{"schema", 1},
                             {"kernels",
                              {{{"id", "liar"},
                                {"spec", "image:" + (folder_ / "bzImage")},
                                {"cpus", 1},
                                {"memory_mib", 128}}}}}));
  }

  void put(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(write_file_atomically(folder_ / name, bytes));
  }

  /// A run on a machine that says `said`. It must end by itself, and its folder can be read.
  Ran run_with(const std::string& said, const std::vector<std::string>& more = {}) {
    put("bin/say", said);
    const std::string results = folder_ / ("run" + std::to_string(++runs_));
    const char* path = std::getenv("PATH");
    std::vector<std::string> argv = {"/usr/bin/env",
                                     "PATH=" + (folder_ / "bin:") + path,
                                     kHangrate,
                                     "matrix",
                                     folder_ / "matrix.json",
                                     "--repro",
                                     "pipe_full_child/deadlock",
                                     "--trials",
                                     std::to_string(kTrials),
                                     "--accel",
                                     "tcg",
                                     "--offline",
                                     "--cache",
                                     folder_ / "cache",
                                     "--repro-dir",
                                     folder_ / "repros",
                                     "--results",
                                     results,
                                     "--json",
                                     folder_ / "run.json",
                                     "--junit",
                                     folder_ / "run.xml",
                                     "--html",
                                     folder_ / "run.html",
                                     "--markdown",
                                     folder_ / "run.md"};
    argv.insert(argv.end(), more.begin(), more.end());
    const Ran ran = run_command(argv, 60);
    const PlainJson json =
        PlainJson::parse(read_file(folder_ / "run.json").value_or(""), nullptr, false);
    EXPECT_EQ(validate("summary.schema.json", json), "") << ran.err;
    EXPECT_EQ(junit_flaws(folder_ / "run.xml"), "") << ran.err;
    row_ = json.is_object() ? json["kernels"][0] : PlainJson();
    const Ran report = run_command({kHangrate, "report", results, "--json", "-"});
    EXPECT_EQ(report.code, ran.code) << report.err;
    fs::remove(folder_ / "run.json");
    return ran;
  }

  void expect_corrupt(const std::string& name, const std::string& said, const std::string& why) {
    const Ran ran = run_with(said);
    EXPECT_EQ(ran.code, 3) << name << "\n" << ran.err;
    ASSERT_TRUE(row_.is_object()) << name << "\n" << ran.err;
    EXPECT_GE(row_["boots"].size(), 1u) << name;
    EXPECT_LE(row_["boots"].size(), 3u) << name;
    EXPECT_EQ(row_["exit_code"], 3) << name;
    for (const PlainJson& boot : row_["boots"]) {
      EXPECT_EQ(boot["end"], "corrupt") << name << "\n" << ran.err;
      EXPECT_THAT(boot["why"].get<std::string>(), HasSubstr(why)) << name;
    }
    for (const char* file : {"run.xml", "run.html", "run.md"}) {
      EXPECT_THAT(read_file(folder_ / file).value_or(""), HasSubstr("corrupt")) << name << file;
    }
  }

  TempFolder folder_;
  PlainJson row_;
  int runs_ = 0;
};

TEST_F(HostileGuest, ALineThatIsNoneEndsItAsCorrupt) {
  const char* why = "it sent a line that is no record";
  expect_corrupt("garbage", kHello + "\x01\xff\xfe garbage \x1b[31m\n", why);
  expect_corrupt("no object", kHello + "[1,2]\n", why);
  expect_corrupt("no type", kHello + "{\"kind\":\"hello\"}\n", why);
  expect_corrupt("a type that is no text", kHello + "{\"type\":{\"type\":\"hello\"}}\n", why);
  expect_corrupt("an empty line", kHello + "\n", why);
  expect_corrupt("zeros", kHello + std::string(5000, '\0') + "\n", why);
  expect_corrupt("deep", kHello + std::string(1 << 20, '[') + "\n", why);
}

TEST_F(HostileGuest, ABeginThatIsNotItsTurnEndsItAsCorrupt) {
  const char* why = "it began a command that is not its turn";
  for (const Json& command : {Json("zero"), Json(-1), Json(1), Json(0.5), Json(1e300),
                              Json(UINT64_MAX), Json(nullptr), Json::array(), Json::object()}) {
    expect_corrupt(command.dump(), kHello + line({{"type", "begin"}, {"command", command}}), why);
  }
  expect_corrupt("none", kHello + line({{"type", "begin"}}), why);
  expect_corrupt("twice", kHello + kBegin + kBegin, why);
}

TEST_F(HostileGuest, ARecordThatCannotBeEndsItAsCorruptAndCountsForNothing) {
  const std::string started = kHello + kBegin + header_line();
  const char* why = "a record that cannot be";
  expect_corrupt("no command", kHello + header_line(), "a record came without a command");
  expect_corrupt("no header", kHello + kBegin + batch(0, 5), why);
  EXPECT_EQ(row_["results"][0]["attempted"], 0);
  expect_corrupt("second header", started + header_line(), why);
  expect_corrupt("another's header", kHello + kBegin + header_line("drain-poll"), why);
  expect_corrupt("another cell", started + batch(0, 5, 7), why);
  expect_corrupt("too many trials", started + batch(0, 1u << 30), why);
  expect_corrupt("trials of nowhere", started + batch(UINT64_MAX, 2), why);
  expect_corrupt("no trials", started + batch(3, 0), why);
  expect_corrupt("no possible time", started + impossible_hit(), why);
  EXPECT_EQ(row_["results"][0]["hits"], 0);
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], 0);
  expect_corrupt("behind the end", started + batch(0, 5) + cell_end("trials") + batch(5, 5), why);
}

TEST_F(HostileGuest, AGuestOfAnotherKernelIsNamedAndNoTrialOfItCounts) {
  const std::string rest = kBegin + header_line() + batch(0, kTrials) + cell_end("trials") +
                           line({{"type", "end"}, {"command", 0}, {"code", 0}}) + kBye;
  const auto expect_foreign = [&](const std::string& said, const std::string& found) {
    expect_corrupt(found, said + rest, found);
    EXPECT_EQ(row_["results"][0]["attempted"], 0) << found;
    EXPECT_EQ(row_["boots"].size(), 1u) << "another start would bring the same";
    EXPECT_THAT(row_["trouble"].get<std::string>(), HasSubstr("expected release 6.1.0")) << found;
  };
  expect_foreign(hello("6.1.1"), "found release 6.1.1 (build id unknown)");
  expect_foreign(line({{"type", "hello"}}), "found release unknown (build id unknown)");
  put("bzImage", bz_image("6.1.0", elf_kernel()));
  expect_foreign(hello("6.1.0", "cd"), "found release 6.1.0 (build id cd)");
  ASSERT_EQ(run_with(hello("6.1.0", std::string(40, 'a')) + rest).code, 3);
  std::string ours;
  for (int i = 0; i < 20; ++i) ours += "ab";
  run_with(hello("6.1.0", ours) + rest);
  EXPECT_EQ(row_["results"][0]["attempted"], kTrials) << "the same build is believed";
  expect_corrupt("no hello", rest, "it began a command that is not its turn");
  expect_corrupt("two", hello("6.1.0", ours) + hello("6.1.0", ours) + rest, "said twice");
}

TEST_F(HostileGuest, WhatItSaidBeforeTheWrongLineStaysAndNothingBehindItCounts) {
  // The second boot is asked for the trials from 5 on and says the same.
  expect_corrupt("late", kHello + kBegin + header_line() + batch(0, 4) + "?\n" + batch(4, 6) + kBye,
                 "");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(),
              HasSubstr("it sent a line that is no record"));
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], 4) << row_["results"][0].dump(2);
  EXPECT_GE(row_["results"][0]["outcomes"]["lost_machine"], 1);
}

TEST_F(HostileGuest, AMachineThatKeepsToTheRulesIsBelieved) {
  const Ran ran = run_with(kHello + kBegin + header_line() + batch(0, kTrials) +
                           cell_end("trials") + line({{"type", "end"}, {"command", 0}}) + kBye);
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(row_["boots"].size(), 1u) << ran.err;
  EXPECT_EQ(row_["boots"][0]["end"], "finished");
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], kTrials);
}

/// Lines of a kind that nobody knows are kept: for a later version, and for ever, if nothing ends
/// it.
TEST_F(HostileGuest, MoreThanItsTrialsCanNeedEndsItAsCorruptWithWhatWasSoundKept) {
  const std::string started = kHello + kBegin + header_line() + batch(0, 4);
  const std::string unknown = line({{"type", "tomorrow"}, {"text", std::string(64 << 10, 'x')}});
  std::string flood = started;
  for (int i = 0; i < 200; ++i) flood += unknown;
  // The second boot is asked for the trials from 5 on and says the same.
  expect_corrupt("bytes of a cell", flood, "");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(), HasSubstr("than its trials can need"));
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], 4) << row_["results"][0].dump(2);
  std::string many = started;
  for (int i = 0; i < 5000; ++i) many += "{\"type\":\"x\"}\n";
  expect_corrupt("lines", many, "");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(), HasSubstr("lines of a boot"));
  expect_corrupt("lines of init",
                 kHello + line({{"type", "end"}, {"output", std::string(300'000, 'x')}}),
                 "its init said more than");
}

TEST_F(HostileGuest, ACommandBeginsOnlyOnce) {
  expect_corrupt("twice",
                 kHello + kBegin + header_line() + batch(0, 4) +
                     line({{"type", "end"}, {"command", 0}}) + kBegin,
                 "");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(), HasSubstr("not its turn"));
}

TEST_F(HostileGuest, AConsoleThatFloodsEndsItAndTheDiskIsNotFilled) {
  put("bin/floods", "");
  const Ran ran = run_with(kHello + kBegin + header_line() + batch(0, 4), {"--boot-mib", "1"});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_EQ(row_["boots"][0]["end"], "corrupt");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(), HasSubstr("its console floods"));
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], 4) << "what was sound stays";
  std::uintmax_t written = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run1")) {
    if (entry.is_regular_file()) written += entry.file_size();
  }
  EXPECT_GE(written, std::uintmax_t{1} << 20) << "it was tried";
  EXPECT_LE(written, std::uintmax_t{5} << 20) << "three boots, and what was sound";
}

TEST_F(HostileGuest, AMachineThatStaysBeyondItsTimeIsEnded) {
  put("bin/stays", "");
  const Ran ran = run_with(kHello + kBegin + header_line() + batch(0, 4), {"--boot-limit", "1"});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_EQ(row_["boots"][0]["end"], "corrupt");
  EXPECT_THAT(row_["boots"][0]["why"].get<std::string>(), HasSubstr("longer than"));
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], 4) << "what was sound stays";
}

TEST_F(HostileGuest, ABigMachineThatKeepsWithinItsTrialsIsBelieved) {
  const std::string unknown = line({{"type", "tomorrow"}, {"text", std::string(40 << 10, 'x')}});
  std::string said = kHello + kBegin + header_line();
  for (int i = 0; i < kTrials; ++i) said += batch(static_cast<std::uint64_t>(i), 1) + unknown;
  const Ran ran =
      run_with(said + cell_end("trials") + line({{"type", "end"}, {"command", 0}}) + kBye);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(row_["results"][0]["outcomes"]["clean"], kTrials);
}

TEST_F(HostileGuest, CountersThatCannotBeEndItAsCorrupt) {
  put("bin/counters", std::string(8, '\xff'));
  expect_corrupt("written", kHello, "its channel is overwritten");
  put("bin/counters", "\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"s);
  expect_corrupt("consumed", kHello, "its channel is overwritten");
}

/// Lines that may be, with contents that cannot: no end is asked of them but one without a crash
/// and without a pass.
TEST_F(HostileGuest, WhateverElseItSaysIsNeitherAPassNorTheEndOfTheHost) {
  const std::string started = kHello + kBegin + header_line();
  Json header = to_json_value(header_of("deadlock"));
  header["cells"][0]["workers"] = 1'000'000'000;
  header["confidence"] = 7;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::vector<std::pair<const char*, std::string>> all = {
      {"nothing", ""},
      {"bye at once", kHello + kBye},
      {"end without begin", kHello + line({{"type", "end"}, {"command", 0}}) + kBye},
      {"end of nothing known",
       kHello + kBegin + "{\"type\":\"end\",\"code\":" + deep + "}\n" + kBye},
      {"modules of any shape",
       "{\"type\":\"hello\",\"release\":\"6.1.0\",\"failed\":{\"\\u001b[31m\":7}}\n" + kBye},
      {"modules nested deeply",
       "{\"type\":\"hello\",\"release\":\"6.1.0\",\"failed\":" + deep + "}\n" + kBye},
      {"a header out of range", kHello + kBegin + line(header) + batch(0, kTrials) + kBye},
      {"an end before all trials", started + batch(0, 3) + cell_end("trials") + kBye},
      {"a line without an end", started + std::string(1 << 20, 'x')},
      {"every second trial", started + batch(0, 1) + batch(2, 1) + batch(4, 1)}};
  for (const auto& [name, said] : all) {
    const Ran ran = run_with(said);
    EXPECT_EQ(ran.code, 3) << name << "\n" << ran.err;
    ASSERT_TRUE(row_.is_object()) << name << "\n" << ran.err;
    EXPECT_EQ(row_["exit_code"], 3) << name;
  }
}

}  // namespace
}  // namespace hangrate::testing
