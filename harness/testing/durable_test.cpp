// SPDX-License-Identifier: GPL-2.0-or-later
//
// What hangrate reads and writes for a user, at its edges: files that never answer, outputs that
// are no files, results folders that others may write to.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kFakes = HANGRATE_BUILD_DIR "/fakes";
constexpr double kLimit = 60;  // what does not answer is ended by then, with code -1

std::vector<std::string> run_of(std::vector<std::string> more) {
  std::vector<std::string> argv = {kHangrate, "run",      "fake/clean", "--repro-dir", kFakes,
                                   "-q",      "--trials", "5",          "--trace",     "off"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

void expect_usage(const std::vector<std::string>& argv, const std::string& word) {
  const Ran ran = run_command(argv, kLimit);
  EXPECT_EQ(ran.code, 2) << argv[1] << ": " << ran.err;
  EXPECT_NE(ran.err.find(word), std::string::npos) << ran.err;
}

TEST(Durable, WhatNeverAnswersIsNotReadFrom) {
  const TempFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_directory(folder / "run");
  fs::create_directory(folder / "matrix");
  ASSERT_EQ(::mkfifo((folder / "run/journal.jsonl").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder / "matrix/matrix.jsonl").c_str(), 0600), 0);
  const std::vector<std::string> folders = {folder / "run", folder / "matrix"};
  for (const std::string& path : {pipe, std::string("/dev/zero"), folders[0], folders[1]}) {
    expect_usage({kHangrate, "report", path}, "not a regular file");
  }
  for (const std::string& path : {pipe, std::string("/dev/zero")}) {
    expect_usage({kHangrate, "trace", "show", path}, "not a regular file");
    expect_usage({kHangrate, "matrix", path}, "not a regular file");
    expect_usage(run_of({"--replay", path}), "");
    expect_usage(run_of({"--warm", path}), "");
  }
  expect_usage({kHangrate, "run", "--resume", folders[0], "--repro-dir", kFakes},
               "not a regular file");
  expect_usage({kHangrate, "matrix", "--resume", folders[1]}, "not a regular file");
}

TEST(Durable, AJournalOfOneEndlessLineIsRefused) {
  const TempFolder folder;
  std::ofstream(folder / "journal").flush();
  ASSERT_EQ(::truncate((folder / "journal").c_str(), off_t{1} << 40), 0);
  expect_usage({kHangrate, "report", folder / "journal"}, "journal:1: a line of more than");
}

TEST(Durable, ANameThatCannotBeIsAUsageError) {
  expect_usage({kHangrate, "report", std::string(5000, 'x')}, "File name too long");
}

TEST(Durable, ASummaryCanGoToStdoutByItsName) {
  const TempFolder folder;
  const Ran ran = run_command(run_of({"--results", folder / "run", "--json", "/dev/stdout"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(parse_json(ran.out.substr(ran.out.find("\n{") + 1))) << ran.out;
  EXPECT_FALSE(fs::is_regular_file(fs::symlink_status("/dev/stdout")));
}

TEST(Durable, RootResumesThroughNoLinkAnotherUserPlanted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempFolder folder;
  ASSERT_EQ(run_command(run_of({"--results", folder / "real"})).code, 0);
  const std::string journal = folder / "real/journal.jsonl";
  const std::string whole = read_file(journal).value_or("");
  const std::string cut = whole.substr(0, whole.size() - 3);  // what a resume would cut further
  std::ofstream(journal, std::ios::trunc) << cut;
  fs::create_directory(folder / "planted");
  fs::create_symlink(journal, folder / "planted/journal.jsonl");
  fs::create_directory_symlink(folder / "real", folder / "short");
  ASSERT_EQ(::lchown((folder / "short").c_str(), 54321, 54321), 0);
  for (const char* name : {"planted", "short"}) {
    expect_usage({kHangrate, "run", "--resume", folder / name, "--repro-dir", kFakes},
                 "symbolic link");
    EXPECT_EQ(read_file(journal), cut);
  }
  EXPECT_EQ(
      run_command({kHangrate, "run", "--resume", folder / "real", "--repro-dir", kFakes}).code, 0);
}

}  // namespace
}  // namespace hangrate::testing
