// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leftovers: victims no rung could free. Killing their worker frees most; those that are still
// there after a while are counted, so that a run does not fill the machine with them. Private to
// run/.
#pragma once

#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class Leftovers {
 public:
  void suspect(const std::vector<int>& pids, Nanos since);
  /// How many are alive `kGrace` after they were given up. Forgets those that ended.
  int alive(Nanos now);

  static constexpr Nanos kGrace = 2 * kSecond;

 private:
  struct One {
    pid_t pid;
    UniqueFd process;
    Nanos since;
  };
  std::vector<One> suspects_;
};

}  // namespace hangrate
