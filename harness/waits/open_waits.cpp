// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/open_waits.h"

#include <algorithm>

namespace hangrate {

void OpenWaits::note(int tid, const std::string& call, Nanos now) {
  Entry& entry = tasks_[tid];
  const bool again = entry.looked != 0 && !entry.moved && entry.call == call;
  entry = {call, now, again ? std::min(2 * entry.gap, kSeldom) : kSoon};
}

bool OpenWaits::holds(int tid, const std::string& call, Nanos now) const {
  const auto entry = tasks_.find(tid);
  return entry != tasks_.end() && entry->second.call == call &&
         now < entry->second.looked + entry->second.gap;
}

void OpenWaits::moved(const std::vector<int>& tids) {
  for (const int tid : tids) {
    const auto entry = tasks_.find(tid);
    if (entry == tasks_.end()) continue;
    entry->second.moved = true;
    entry->second.gap = kMoves;
  }
}

std::vector<int> OpenWaits::due(const RestBook& rest, Nanos now) {
  std::vector<int> tids;
  std::erase_if(tasks_, [&](const auto& task) {
    if (now < task.second.looked + task.second.gap) return false;
    if (!rest.rests(task.first)) return true;
    tids.push_back(task.first);
    return false;
  });
  return tids;
}

}  // namespace hangrate
