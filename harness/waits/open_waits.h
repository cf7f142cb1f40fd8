// SPDX-License-Identifier: GPL-2.0-or-later
//
// OpenWaits: who waits in a way that somebody unknown may end, and when that is to be looked at
// again: what is behind it (what an epoll watches, the name of a FIFO) may change while the task
// never runs. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/waits/rest_book.h"

namespace hangrate {

class OpenWaits {
 public:
  /// Of a task that has not run since, at first, and each time after twice as long.
  static constexpr Nanos kSoon = 8 * kSecond;
  static constexpr Nanos kSeldom = 128 * kSoon;
  /// Of one that has run, and perhaps waits in the same way again.
  static constexpr Nanos kMoves = 60 * kSecond;

  /// It was looked at. `call`: with its arguments.
  void note(int tid, const std::string& call, Nanos now);
  /// It is not open any more.
  void forget(int tid) { tasks_.erase(tid); }
  /// Was that call found open, and is it too soon to look again?
  bool holds(int tid, const std::string& call, Nanos now) const;
  /// They have run, or are gone.
  void moved(const std::vector<int>& tids);
  /// Who is to be looked at again, and rests. Who does not is forgotten.
  std::vector<int> due(const RestBook& rest, Nanos now);

 private:
  struct Entry {
    std::string call;
    Nanos looked = 0;
    Nanos gap = kSoon;  ///< until the next
    bool moved = false;
  };

  std::map<int, Entry> tasks_;  ///< by tid
};

}  // namespace hangrate
