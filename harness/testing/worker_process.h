// SPDX-License-Identifier: GPL-2.0-or-later
//
// A reproducer's worker in a process of its own, for tests that are its supervisor.
#pragma once

#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"

namespace hangrate::testing {

/// Runs `body` as a worker would; its exit code, -1 if a signal ended it.
inline int in_worker(const std::function<int()>& body) {
  const pid_t worker = ::fork();
  if (worker == 0) ::_exit(body());
  int status = -1;
  if (::waitpid(worker, &status, 0) != worker) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Polls for up to ten seconds; the evidence decides, the limit only ends a broken test.
template <typename Condition>
bool comes_true(Condition condition) {
  const Nanos deadline = now_ns() + 10 * kSecond;
  while (!condition()) {
    if (now_ns() > deadline) return false;
    const timespec nap = to_timespec(50 * kMicro);
    ::nanosleep(&nap, nullptr);
  }
  return true;
}

}  // namespace hangrate::testing
