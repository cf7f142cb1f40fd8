// SPDX-License-Identifier: GPL-2.0-or-later
//
// Race: the toolbox in one object, for a trial in which one task, the provoker (the worker itself),
// opens a short window and the victim must get into it. setup() proves what works here, aim()
// chooses, fire() provokes. README.md beside this file shows a whole example.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "repros/kit/actor.h"
#include "repros/kit/race/interrupt_hold.h"
#include "repros/kit/race/shot_search.h"
#include "repros/kit/race/wake_herd.h"
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

/// One way to hold the window open.
struct RacePlan {
  const char* name = "";  ///< static text, at most 23 bytes
  Placement provoker;     ///< of the worker
  Placement victim;       ///< of every victim
  Nanos walk = 0;         ///< load() makes a wake-up this long, ns, roughly; 0: no herd
  Nanos hold = 0;         ///< fire() aims an interrupt this long, ns, roughly; 0: none, no delay
};

/// What the user asked for.
struct RaceChoice {
  std::string plan = "auto";  ///< "auto": search all; "x": those called x or x-...
  Nanos delay = 0;            ///< of the interrupt, ns from the arming; 0: search
};

class Race {
 public:
  /// Tests each plan on this machine, and turns off those that do not work, with the reason; a plan
  /// that was asked for and does not work, or none that works, is a skip. `victims` are the thread
  /// ids that a plan places.
  void setup(Context& context, const std::vector<RacePlan>& plans, const RaceChoice& choice,
             std::vector<int> victims);

  /// Chooses this trial's shot, publishes it and places the parties. First thing in a trial.
  const protocol::Shot& aim(Context& context);

  /// Loads the wait queues of `fd`, if the plan does, until fire() is over: what frees a victim
  /// need not walk.
  void load(Context& context, int fd);

  /// Calls `provoke` with the interrupt aimed into it, if the plan has one. True if it took so long
  /// that the interrupt struck inside: a near miss unless it hits.
  template <typename Provoke>
  bool fire(Provoke provoke) {
    if (tool_ == nullptr || !tool_->hold) {
      provoke();
      unload();
      return false;
    }
    const Nanos start = arm();
    provoke();
    const bool struck = now_ns() - start > tool_->struck_after;
    if (!struck) tool_->hold.disarm();
    unload();
    return struck;
  }

  /// Counts a near miss of this trial, by the reproducer's own measure.
  void near();

 private:
  /// A plan, and what was made for it.
  struct Tool {
    RacePlan plan;
    WakeHerd herd;
    InterruptHold hold;
    Nanos walk_end = 0;      // from the provocation to the end of the walk, ns
    bool works = false;      // passed its test
    Nanos struck_after = 0;  // a provocation longer than this had the interrupt inside, ns
  };

  Nanos arm() const;
  void unload();
  std::string test(Tool& tool);
  std::string build(Tool& tool);
  std::string place(const RacePlan& plan) const;
  void declare(const Tool& tool, Nanos delay);
  protocol::Arm* choose(Context& context);
  const Tool* find(const char* plan) const;

  std::vector<std::unique_ptr<Tool>> tools_;
  std::vector<int> victims_;
  std::optional<ShotSearch> search_;  // made by setup()

  protocol::Shot shot_;
  protocol::Arm* arm_ = nullptr;
  protocol::Arm* fixed_ = nullptr;
  const Tool* tool_ = nullptr;    // of the trial in flight; nullptr: no help
  int loaded_ = -1;               // the file whose wait queues the herd is in
  const Tool* placed_ = nullptr;  // the last to have placed the parties
};

}  // namespace hangrate::kit
