// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many boots of machines that say anything: the real way from channel to store, with a program in
// QEMU's place. A reduced number of them by default, HANGRATE_HOSTILE_RUNS of them if that is set
// (10000: about ten minutes on two busy CPUs).
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/matrix/matrix_file.h"
#include "harness/matrix/matrix_runner.h"
#include "harness/model/json.h"
#include "harness/model/record.h"
#include "harness/testing/bz_image.h"
#include "harness/testing/command.h"

namespace hangrate {
namespace {

namespace fs = std::filesystem;
using testing::run_command;
using testing::TempFolder;

constexpr std::uint64_t kDefaultRuns = 60;
constexpr int kMostBootsOfRow = 3;
constexpr std::uint64_t kTrials = 4;
constexpr std::uintmax_t kMostWritten = std::uintmax_t{256} << 20;

/// Says what the number of its row and boot (in the name of its console's file) make it say. One in
/// forty floods; the rest is noise, sound records that were damaged, lies and early ends.
constexpr const char* kLiar = R"py(#!/usr/bin/env python3
import json, mmap, os, random, re, struct, sys
words = " ".join(sys.argv)
fd = int(re.search(r"mem-path=/proc/self/fd/(\d+)", words).group(1))
console = os.readlink("/proc/self/fd/" + re.search(r"set=1,fd=(\d+)", words).group(1))
row, boot = map(int, re.search(r"/h(\d+)/boot-(\d+)/", console).groups())
dice = random.Random(row * 7 + boot)
memory = mmap.mmap(fd, 16 << 20)
RING = (16 << 20) - 4096

def line(**what):
    return json.dumps(what).encode() + b"\n"

def noise(n):
    return dice.randbytes(n)

hello = line(type="hello", uptime_ns=1, release="6.1.0", build_id="", failed=[])
begin = line(type="begin", command=0)
bye = line(type="bye")
header = open(os.path.dirname(os.path.abspath(__file__)) + "/header", "rb").read()
start = hello + begin + header

def batch(**other):
    return line(**{**dict(type="batch", cell=0, lane=0, worker=0, first=0, count=1), **other})

ODD = [-1, 0, 1, 7, 2**31, 2**63, 2**64 - 1, 1e308, 0.5, None, True, "", "zero", "\u0000", [], {}, [[]]]

def odd_field():
    what = dict(type="batch", cell=0, lane=0, worker=0, first=0, count=1)
    what[dice.choice(list(what))] = dice.choice(ODD)
    return start + line(**what)

def damaged():
    said = bytearray(start + batch() + batch(first=1) + line(type="cell_end", cell=0, reason="trials", elapsed=1) + bye)
    for _ in range(dice.randrange(1, 20)):
        said[dice.randrange(len(said))] = dice.randrange(256)
    return bytes(said)

def shuffled():
    parts = [hello, begin, header, batch(), batch(first=1), bye, line(type="end", command=0, code=0), header]
    dice.shuffle(parts)
    return b"".join(parts)

def half():
    said = start + batch()
    return said[:dice.randrange(len(said))]

def wrong_type():
    return start + line(type=dice.choice(["trial", "measure", "skip", "note", "search", "cell_end", "run", "end", "hello"]),
                        cell=dice.choice(ODD), observation=dice.choice(ODD), verdict=dice.choice(ODD), text=dice.choice(ODD))

def deep():
    return start + b'{"type":' + dice.choice([b"[", b'{"a":']) * dice.randrange(1, 200000) + b"\n"

KINDS = [lambda: noise(dice.randrange(1, 100000)), odd_field, damaged, shuffled, half, wrong_type, deep,
         lambda: start + noise(1000) + b"\n", lambda: start + batch(cell=dice.randrange(1, 2**32)),
         lambda: start + batch(first=dice.choice([2**63, 2**64 - 1, 5]), count=dice.choice([0, 2**64 - 1, 9])),
         lambda: b"", lambda: hello, lambda: start]
FLOODS = [lambda: b"\n" * RING, lambda: b"x" * RING, lambda: start + line(type="later", text="x" * 500) * 20000,
          lambda: start + line(type="later") * 700000, lambda: hello + begin * 500000, lambda: hello * 300000]
said = dice.choice(FLOODS if dice.randrange(40) == 0 else KINDS)()[:RING]
memory[4096:4096 + len(said)] = said
written = len(said)
if dice.randrange(10) == 0:
    written = dice.choice([0, 2**64 - 1, RING, RING + 1, written + 4096, dice.getrandbits(64)])
memory[8:16] = struct.pack("<Q", written)
if dice.randrange(20) == 0:
    memory[0:4096] = noise(4096)
if dice.randrange(20) == 0:
    os.abort()
)py";

std::uint64_t runs_asked() {
  const char* asked = std::getenv("HANGRATE_HOSTILE_RUNS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : kDefaultRuns;
}

std::uintmax_t bytes_in(const std::string& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

class HostileChannel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_command({"/usr/bin/env", "python3", "-c", "import mmap"}).code != 0) {
      GTEST_SKIP() << "no python3 to play the machine: apt-get install python3";
    }
    put("qemu-system-x86_64", kLiar);
    constexpr auto kForAll = static_cast<fs::perms>(0755);
    fs::permissions(folder_.path(), kForAll);
    fs::permissions(folder_ / "qemu-system-x86_64", kForAll);
    put("bzImage", testing::bz_image("6.1.0"));
    put("hangrate-init", "never run");
    put("hangrate", "never run");
    put("alpha", "never run");
    put("header", dump_line(to_json_value(header())) + "\n");
    fs::permissions(folder_ / "header", kForAll);
    path_ = std::getenv("PATH");
    ::setenv("PATH", (folder_.path() + ":" + path_).c_str(), 1);
  }
  void TearDown() override {
    if (!path_.empty()) ::setenv("PATH", path_.c_str(), 1);
  }

  void put(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(write_file_atomically(folder_ / name, bytes));
  }

  static RunHeader header() {
    CellSpec cell;
    cell.repro = cell.manifest.name = "alpha";
    cell.variant = "first";
    cell.trials = kTrials;
    cell.manifest.variants.resize(1);
    cell.manifest.variants[0].name = "first";
    RunHeader header;
    header.environment.release = "6.1.0";
    header.cells = {cell};
    return header;
  }

  MatrixHeader plan(std::uint64_t rows) const {
    MatrixHeader plan;
    plan.plan.cells = {{.repro = "alpha", .variant = "first", .trials = kTrials}};
    for (std::uint64_t row = 0; row < rows; ++row) {
      plan.plan.kernels.push_back({.id = "h" + std::to_string(row),
                                   .spec = "image:liar",
                                   .cmdline = "",
                                   .cpus = 1,
                                   .memory_mib = 128});
    }
    return plan;
  }

  MatrixOptions options() {
    return {.natives = {},
            .repro_dir = folder_.path(),
            .guest_programs = folder_.path(),
            .guest_system = folder_.path(),
            .jobs = 8,
            .status = [](const std::string&) {},
            .news = [](const std::string&) {},
            .interrupted = [] { return false; }};
  }

  /// Has what was asked for at once.
  class Liars : public KernelSource {
   public:
    explicit Liars(std::string image) : image_(std::move(image)) {}
    Result<void> begin(std::vector<std::string> specs) override {
      specs_ = std::move(specs);
      return {};
    }
    std::optional<SuppliedKernel> next() override {
      if (specs_.empty()) return std::nullopt;
      BootableKernel kernel;
      kernel.label = kernel.identity = "liar";
      kernel.image = image_;
      kernel.accel = "tcg";
      SuppliedKernel supplied{specs_.back(), kernel};
      specs_.pop_back();
      return supplied;
    }
    bool done() const override { return specs_.empty(); }
    std::string status() const override { return ""; }
    void stop() override {}

   private:
    std::string image_;
    std::vector<std::string> specs_;
  };

  TempFolder folder_;
  std::string path_;
};

TEST_F(HostileChannel, WhateverMachinesSayTheHostGoesOnAndItsDiskIsNotFilled) {
  const std::uint64_t runs = runs_asked();
  const std::string results = folder_ / "run";
  std::uint64_t boots = 0;
  std::map<std::string, std::uint64_t> ends;
  std::uint64_t first_row = 0;
  std::uint64_t kept = 0;
  std::uintmax_t written = 0;
  // In rounds, because one matrix is no larger than its plan; nothing of one is deleted before the
  // next is counted.
  for (int round = 0; boots < runs; ++round) {
    const std::string folder = results + std::to_string(round);
    const std::uint64_t rows = std::min<std::uint64_t>(runs - boots, 1000);
    MatrixHeader header = plan(rows);
    for (auto& kernel : header.plan.kernels) kernel.id = "h" + std::to_string(first_row++);
    auto store = MatrixStore::create(folder, header);
    ASSERT_TRUE(store) << store.error().what();
    const auto before = load_results(folder);
    ASSERT_TRUE(before) << before.error().what();
    Liars liars(folder_ / "bzImage");
    const auto ran = run_matrix(*store, *before, options(), liars);
    ASSERT_TRUE(ran) << ran.error().what();
    const auto after = load_results(folder);
    ASSERT_TRUE(after) << after.error().what();
    for (const Row& row : after->run.rows) {
      boots += row.boots.size();
      EXPECT_GE(row.boots.size(), 1u) << row.id;
      for (const Boot& boot : row.boots) ++ends[end_name(boot.end)];
      EXPECT_EQ(row.cells[0].tally().hits(), 0u) << row.id << ": no machine told of a hang";
      kept += row.cells[0].tally().count(Outcome::Clean);
      EXPECT_LE(row.cells[0].measured(), kTrials + kMostBootsOfRow) << row.id;
    }
    written += bytes_in(folder);
  }
  for (const auto& [end, count] : ends) RecordProperty(end, std::to_string(count));
  RecordProperty("boots", std::to_string(boots));
  RecordProperty("written", std::to_string(written));
  std::printf("%llu boots, %llu bytes written, %llu sound trials kept;",
              static_cast<unsigned long long>(boots), static_cast<unsigned long long>(written),
              static_cast<unsigned long long>(kept));
  for (const auto& [end, n] : ends) {
    std::printf(" %s %llu", end.c_str(), static_cast<unsigned long long>(n));
  }
  std::printf("\n");
  EXPECT_GE(boots, runs);
  EXPECT_GT(kept, 0u) << "what was sound before a lie is kept: the lies came that far";
  EXPECT_LE(written, kMostWritten);
  EXPECT_GT(ends["corrupt"], runs / 3) << "most of it is seen for what it is";
}

}  // namespace
}  // namespace hangrate
