// SPDX-License-Identifier: GPL-2.0-or-later
//
// HangWatch: tells hangs of a live machine as they come and go. A scout looks at all tasks at
// little cost; only what it cannot dismiss is worth an examination, in a process of its own, and
// never more of them than a share of a CPU pays for.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "harness/base/error.h"
#include "harness/diagnose/scope_life.h"
#include "harness/diagnose/scout.h"
#include "harness/waits/examination_plan.h"
#include "harness/waits/hang_book.h"
#include "harness/waits/left_out.h"
#include "harness/waits/watch_event.h"

namespace hangrate {

struct WatchOptions {
  ExamineScope scope;
  Nanos interval = kSecond;  ///< between two cheap looks
};

class HangWatch {
 public:
  /// `tell` is given every event, and Looked after each look. False ends the watch.
  using Tell = std::function<bool(const WatchEvent&)>;
  HangWatch(WatchOptions options, Tell tell);

  /// Until `tell` does not want more, nothing is left to look at (then Gone was the last event), or
  /// nothing can be looked at any more. From the main thread.
  Result<void> run();

 private:
  Result<void> look_on();
  Result<void> replace_scout();
  Result<void> start_scout();
  void take(const ScoutReport& report);
  Result<void> examine();
  Result<void> settle(const std::set<int>& before, const std::set<int>& blocking, bool died);
  void know_who_rests();
  void end_spinning();
  void end(const std::string& gone);
  void say(const WatchEvent& event) { wanted_ = tell_(event) && wanted_; }

  WatchOptions options_;
  Tell tell_;
  bool wanted_ = true;
  bool begun_ = false;
  Scout scout_;
  ScopeLife life_;
  ExaminationPlan plan_;
  HangBook hangs_;
  LeftOut left_out_;
  int looks_ = 0;                              ///< of the scout that there is
  std::set<int> unread_;                       ///< by the scout that there is
  std::map<int, Nanos> resting_;               ///< by tid: since when
  std::set<int> moved_;                        ///< since the last examination
  std::map<int, watched::Spinning> spinning_;  ///< by tid
  int spinners_ = 0;
};

}  // namespace hangrate
