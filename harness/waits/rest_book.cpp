// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/rest_book.h"

#include <utility>

namespace hangrate {

namespace {

/// Of the time between two looks, to be busy: a tenth.
constexpr Nanos kBusyShare = 10;

}  // namespace

RestChanges RestBook::look(const TaskMotions& seen, Nanos now) {
  RestChanges changes;
  std::erase_if(tasks_, [&](const auto& entry) {
    if (seen.contains(entry.first)) return false;
    if (entry.second.unmoved >= looks_) changes.moved.push_back(entry.first);
    return true;
  });
  for (const auto& [tid, motion] : seen) look_at(tid, motion, now, changes);
  last_ = now;
  return changes;
}

void RestBook::look_at(int tid, const TaskMotion& motion, Nanos now, RestChanges& changes) {
  const auto [at, fresh] = tasks_.try_emplace(tid, Entry{motion, now, 0});
  if (fresh) return;
  Entry& entry = at->second;
  if (entry.motion == motion) {
    if (++entry.unmoved == looks_) changes.rested.push_back(tid);
    return;
  }
  if (entry.unmoved >= looks_) changes.moved.push_back(tid);
  const bool same = entry.motion.pid == motion.pid && motion.ran >= entry.motion.ran;
  if (same && (motion.ran - entry.motion.ran) * kBusyShare >= now - last_) {
    changes.busy.push_back(tid);
  }
  entry = {motion, now, 0};
}

Nanos RestBook::since(int tid) const {
  const auto entry = tasks_.find(tid);
  return entry != tasks_.end() ? entry->second.since : 0;
}

bool RestBook::rests(int tid) const {
  const auto entry = tasks_.find(tid);
  return entry != tasks_.end() && entry->second.unmoved >= looks_;
}

}  // namespace hangrate
