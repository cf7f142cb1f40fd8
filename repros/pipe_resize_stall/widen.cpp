// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ways to hold the window open between the wake-up in pipe_resize_ring() and the max_usage store in
// pipe_set_size(): README.md, "How the window is hit".
#include "../kit/window/race.h"

static std::vector<window::Plan> plans() {
  const int one = hang_cpu(2 * hang_lane()), other = hang_cpu(2 * hang_lane() + 1);
  const window::Placement here{.cpu = one};
  const window::Placement first{.cpu = one, .policy = SCHED_FIFO};  // nobody comes in between
  const window::Placement there{.cpu = other, .policy = SCHED_FIFO};
  const window::Nanos brief = 300 * window::kMicro;
  // Where virtual CPUs and timers wait for a real one.
  const window::Nanos long_walk = 5 * window::kMilli, long_hold = 3 * window::kMilli;
  return {
      {.name = "preempt", .provoker = here, .victim = first},
      {.name = "herd", .provoker = here, .victim = there, .walk = brief},
      {.name = "interrupt", .provoker = first, .victim = there, .walk = brief, .hold = brief},
      {.name = "interrupt-long",
       .provoker = first,
       .victim = there,
       .walk = long_walk,
       .hold = long_hold},
  };
}

static const window::Widening widening(plans);
