// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/left_out.h"

namespace hangrate {

bool LeftOut::note(int pid, Nanos now) {
  const auto [at, fresh] = processes_.try_emplace(pid);
  Entry& entry = at->second;
  entry.span = fresh ? kFirst : 2 * entry.span;
  entry.until = now + entry.span;
  return fresh;
}

std::set<int> LeftOut::all() const {
  std::set<int> pids;
  for (const auto& [pid, entry] : processes_) pids.insert(pid);
  return pids;
}

std::set<int> LeftOut::still(Nanos now) const {
  std::set<int> pids;
  for (const auto& [pid, entry] : processes_) {
    if (now < entry.until) pids.insert(pid);
  }
  return pids;
}

}  // namespace hangrate
