// SPDX-License-Identifier: GPL-2.0-or-later
//
// LeftOut: processes whose files blocked a reader, and when each is worth another one: the first
// time after a minute, then after twice as long each time, since it may cost a process that never
// ends. Pure.
#pragma once

#include <map>
#include <set>

#include "harness/base/clock.h"

namespace hangrate {

class LeftOut {
 public:
  static constexpr Nanos kFirst = 60 * kSecond;

  /// A reader was lost there. True: it was not left out before.
  bool note(int pid, Nanos now);
  /// It was read, or is gone.
  void forget(int pid) { processes_.erase(pid); }

  std::set<int> all() const;
  /// Without those whose time is over.
  std::set<int> still(Nanos now) const;

 private:
  struct Entry {
    Nanos span = 0;
    Nanos until = 0;
  };

  std::map<int, Entry> processes_;  ///< by pid
};

}  // namespace hangrate
