// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_one_slot/scene.h"

namespace hangrate::pipe_one_slot {

using kit::InvariantStatus;

kit::Invariant judge(const Scene& scene) {
  if (scene.asleep == 0) return {InvariantStatus::Holds, "nobody sleeps in write"};
  if (scene.running != 0) {
    return {InvariantStatus::Holds,
            "a writer sleeps; parties that may still read: " + std::to_string(scene.running)};
  }
  const std::string filled = std::to_string(scene.pipe.queued) + " of " +
                             std::to_string(scene.pipe.capacity) + " bytes queued";
  if (scene.pipe.queued >= scene.pipe.capacity) {
    return {InvariantStatus::Holds, "the pipe is full: " + filled};
  }
  if (scene.pipe.room) {  // a wake-up was lost, which is another bug
    return {InvariantStatus::Unknown, filled + ", and poll says POLLOUT: not this bug"};
  }
  return {InvariantStatus::Broken,
          filled + ", the only slot taken; " + std::to_string(scene.asleep) +
              " asleep in a write of 1 byte, and nobody is left who reads before"};
}

}  // namespace hangrate::pipe_one_slot
