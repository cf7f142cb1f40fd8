// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: runs a program as a user would, with its output in files and a deadline.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"

namespace hangrate::testing {

struct Ran {
  int code = -1;  ///< exit status, 128 + signal, or -1 after the deadline
  std::string out;
  std::string err;
  double seconds = 0;
};

/// A temporary folder that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/hangrate-test-XXXXXX";
    path_ = ::mkdtemp(name) != nullptr ? name : "";
  }
  ~TempFolder() {
    if (!path_.empty()) std::system(("rm -rf " + path_).c_str());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What the commands of a test said: told if it fails, because a failure may come only once.
class CommandLog : public ::testing::EmptyTestEventListener {
 public:
  static void add(const std::vector<std::string>& argv, const Ran& ran) {
    // GoogleTest owns it.
    static auto* const log = [] {
      auto* const made = new CommandLog;
      ::testing::UnitTest::GetInstance()->listeners().Append(made);
      return made;
    }();
    std::string words;
    for (const std::string& word : argv) words += " " + word.substr(0, kLongestWord);
    log->texts_.push_back("---- ended with " + std::to_string(ran.code) + " after " +
                          std::to_string(ran.seconds) + " s:" + words + "\n" + end_of(ran.err));
    if (log->texts_.size() > kMost) log->texts_.erase(log->texts_.begin());
  }

 private:
  static constexpr std::size_t kMost = 6;  // the last ones tell why it failed
  static constexpr std::size_t kLongestWord = 200;
  static constexpr std::size_t kLongestText = 1500;

  static std::string end_of(const std::string& text) {
    return text.size() > kLongestText ? "[...]" + text.substr(text.size() - kLongestText) : text;
  }

  void OnTestStart(const ::testing::TestInfo&) override { texts_.clear(); }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    if (!test.result()->Failed()) return;
    for (const std::string& text : texts_) std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }

  std::vector<std::string> texts_;
};

/// Runs `argv`; `meanwhile` is called about every 5 ms with the pid while it runs.
inline Ran run_command(const std::vector<std::string>& argv, double limit_seconds = 60,
                       const std::function<void(pid_t)>& meanwhile = {}) {
  const TempFolder folder;
  const std::string out = folder / "out";
  const std::string err = folder / "err";
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const Nanos start = now_ns();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  Ran ran;
  int status = 0;
  bool ended = false;
  while (!ended && to_seconds(now_ns() - start) < limit_seconds) {
    ended = ::waitpid(pid, &status, WNOHANG) == pid;
    if (ended) break;
    if (meanwhile) meanwhile(pid);
    const timespec nap = to_timespec(5 * kMilli);
    ::nanosleep(&nap, nullptr);
  }
  if (ended) {
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  } else {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  ran.seconds = to_seconds(now_ns() - start);
  ran.out = read_file(out).value_or("");
  ran.err = read_file(err).value_or("");
  CommandLog::add(argv, ran);
  return ran;
}

}  // namespace hangrate::testing
