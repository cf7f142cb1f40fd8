// SPDX-License-Identifier: GPL-2.0-or-later
//
// RestBook: which tasks rest, and which move, from look to look. Pure.
#pragma once

#include <map>
#include <vector>

#include "harness/model/task_motion.h"

namespace hangrate {

/// By tid; each is told once.
struct RestChanges {
  std::vector<int> rested;  ///< have not run for some looks
  std::vector<int> moved;   ///< were told as rested, and ran since or are gone
  std::vector<int> busy;    ///< had a good part of a CPU since the last look; at every look
};

class RestBook {
 public:
  /// `looks`: that a task must be found unmoved after the first one.
  explicit RestBook(int looks) : looks_(looks) {}

  RestChanges look(const TaskMotions& seen, Nanos now);
  /// When its motion was first seen to be what it is; 0: no such task.
  Nanos since(int tid) const;
  /// Was it told as rested, and has not moved?
  bool rests(int tid) const;

 private:
  struct Entry {
    TaskMotion motion;
    Nanos since = 0;
    int unmoved = 0;  ///< looks
  };

  void look_at(int tid, const TaskMotion& motion, Nanos now, RestChanges& changes);

  int looks_;
  Nanos last_ = 0;  ///< look
  std::map<int, Entry> tasks_;
};

}  // namespace hangrate
