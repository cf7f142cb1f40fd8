// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/waits.h"

#include <string_view>

#include "harness/classify/frames.h"

namespace hangrate {

namespace {

bool has(std::string_view frame, std::string_view part) {
  return frame.find(part) != std::string_view::npos;
}

/// Frames of the scheduler, which most kernels leave out of a stack.
bool of_scheduler(std::string_view frame) {
  return frame.starts_with("__switch_to") || has(frame, "schedule");
}

bool of_mutex(std::string_view frame) {
  return has(frame, "mutex_lock") || has(frame, "pipe_lock");
}

/// Of a call that waits for a pipe, and for its mutex besides.
bool pipe_wait(TracedCall call) {
  return row_of(call).takes_mutex && !row_of(call).states.empty();
}

}  // namespace

WaitedFor waited_for(TracedCall call, char state, const std::vector<std::string>& stack) {
  std::size_t first = 0;
  while (first < stack.size() && of_scheduler(stack[first])) ++first;
  const bool seen = first < stack.size();
  const bool mutex = seen && of_mutex(stack[first]);
  const bool itself = seen && waits_itself(call, stack[first]);
  // And uninterruptibly for nothing else: fs/pipe.c (v4.14..v7).
  if (state == 'D' && row_of(call).takes_mutex) {
    // What the call sleeps in by itself: mutex_lock() is left out of a stack like the scheduler.
    if (mutex || itself) return WaitedFor::Lock;
    return pipe_wait(call) ? WaitedFor::NotObject : WaitedFor::Unknown;
  }
  const bool own = state != '\0' && row_of(call).states.find(state) != std::string_view::npos;
  if (!own || (seen && !itself)) return WaitedFor::Unknown;
  return seen || !row_of(call).waits_below ? WaitedFor::Object : WaitedFor::Unknown;
}

}  // namespace hangrate
