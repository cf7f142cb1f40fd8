// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all variants of pipe_resize_stall share: where the two tasks run, the sizes before and
// after, and the invariant.
#pragma once

#include <cstddef>
#include <vector>

#include "repros/kit/actor.h"
#include "repros/kit/race/race.h"
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

class ResizePlan {
 public:
  explicit ResizePlan(const Settings& settings);

  /// Pins this task, the resizer.
  void place(Context& context) const;
  /// Starts a writer where the parameters say. A policy that is not granted skips the run.
  void start_writer(Context& context, Actor& actor) const;
  /// Gives a fresh pipe the size before; returns its capacity in bytes.
  std::size_t shape(Context& context, int pipe_fd) const;
  /// The provocation: F_SETPIPE_SZ to the size after, so large that all writers can end: `wanted`
  /// bytes at least.
  void resize(Context& context, int pipe_fd, std::size_t capacity, std::size_t wanted) const;
  /// The largest capacity that shape() can return, bytes.
  std::size_t largest_before() const;

  /// Whether the window is widened, how, and what was asked for.
  bool widened() const { return choice_.plan != "none"; }
  std::vector<RacePlan> races() const;
  const RaceChoice& choice() const { return choice_; }

 private:
  RaceChoice choice_{.plan = "none"};
  int first_cpu_ = 0;
  int second_cpu_ = 0;
  Placement resizer_;
  Placement writer_;
  ActorKind kind_;
  std::size_t before_;
  std::size_t after_;
};

/// Broken if `unfinished` writers wait although the pipe behind `write_end` takes data.
Invariant writer_sleeps_with_room(int write_end, bool unfinished);

}  // namespace hangrate::kit
