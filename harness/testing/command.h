// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: runs a program as a user would, with its output in files and a deadline.
#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
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
  return ran;
}

}  // namespace hangrate::testing
