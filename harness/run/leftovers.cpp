// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/leftovers.h"

#include <algorithm>

#include "harness/sys/process_handle.h"

namespace hangrate {

void Leftovers::suspect(const std::vector<int>& pids, Nanos since) {
  for (const pid_t pid : pids) {
    const bool known = std::any_of(suspects_.begin(), suspects_.end(),
                                   [&](const One& one) { return one.pid == pid; });
    if (!known) suspects_.push_back({pid, open_process(pid), since});
  }
}

int Leftovers::alive(Nanos now) {
  std::erase_if(suspects_, [](const One& one) { return !one.process || has_ended(one.process); });
  return static_cast<int>(std::count_if(suspects_.begin(), suspects_.end(),
                                        [&](const One& one) { return now - one.since > kGrace; }));
}

}  // namespace hangrate
