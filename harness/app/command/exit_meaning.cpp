// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/command/exit_meaning.h"

#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <sys/wait.h>

namespace hangrate {

namespace {

constexpr int kSkip = 4;  // KSFT_SKIP
constexpr int kFail = 1;  // KSFT_FAIL
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

EndMeans meaning_of_code(int code, int hit_exit) {
  if (code == 0) return EndMeans::Clean;
  if (code == (hit_exit != 0 ? hit_exit : kFail)) return EndMeans::Reproduced;
  if (code == kSkip) return EndMeans::Skip;
  if (code == kNotExecutable || code == kNotFound) return EndMeans::CannotStart;
  return EndMeans::Nothing;
}

bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
         signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP;
}

}  // namespace

CommandEnd meaning_of(int status, int hit_exit) {
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    return {meaning_of_code(code, hit_exit), fmt::format("exits with {}", code)};
  }
  const int signal = WTERMSIG(status);
  const char* name = ::sigabbrev_np(signal);
  return {is_fault(signal) ? EndMeans::Reproduced : EndMeans::Nothing,
          fmt::format("is killed by SIG{}", name != nullptr ? name : std::to_string(signal))};
}

}  // namespace hangrate
