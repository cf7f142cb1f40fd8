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

bool pipe_wait(TracedCall call) {
  return call == TracedCall::PipeRead || call == TracedCall::PipeWrite ||
         call == TracedCall::PipeSplice;
}

/// The states in which the call's own wait is made; "" if it has none.
std::string_view own_states(TracedCall call) {
  switch (call) {
    case TracedCall::PipeRead:  // wait_event_interruptible_exclusive(), or pipe_wait() in older
                                // ones
    case TracedCall::PipeWrite:
    case TracedCall::PipeSplice:
    case TracedCall::WaitChild:  // do_wait(), kernel/exit.c
    case TracedCall::ZapPidNs:   // kernel/pid_namespace.c
      return "S";
    case TracedCall::FuseFlush:
    case TracedCall::FuseWait:  // request_wait_answer() has three waits, fs/fuse/dev.c (v6.1)
      return "SKD";
    case TracedCall::P9Flush:
    case TracedCall::P9Rpc:  // killable, interruptible in older kernels: net/9p/client.c
      return "SK";
    case TracedCall::None:
    case TracedCall::PipeFcntl:
    case TracedCall::PipeResize:
    case TracedCall::PipeRelease:
      break;
  }
  return "";
}

/// Does only a stack tell, because the wait is made in a function that this one calls?
bool needs_stack(TracedCall call) {
  return call == TracedCall::FuseFlush || call == TracedCall::P9Flush;
}

}  // namespace

/// And waits uninterruptibly for nothing else by itself: fs/pipe.c (v4.14..v7).
bool takes_mutex(TracedCall call) {
  return pipe_wait(call) || call == TracedCall::PipeFcntl || call == TracedCall::PipeRelease;
}

WaitedFor waited_for(TracedCall call, char state, const std::vector<std::string>& stack) {
  std::size_t first = 0;
  while (first < stack.size() && of_scheduler(stack[first])) ++first;
  const bool seen = first < stack.size();
  const bool mutex = seen && of_mutex(stack[first]);
  const bool itself = seen && waits_itself(call, stack[first]);
  if (state == 'D' && takes_mutex(call)) {
    // What the call sleeps in by itself: mutex_lock() is left out of a stack like the scheduler.
    if (mutex || itself) return WaitedFor::Lock;
    return pipe_wait(call) ? WaitedFor::NotObject : WaitedFor::Unknown;
  }
  const bool own = state != '\0' && own_states(call).find(state) != std::string_view::npos;
  if (!own || (seen && !itself)) return WaitedFor::Unknown;
  return seen || !needs_stack(call) ? WaitedFor::Object : WaitedFor::Unknown;
}

}  // namespace hangrate
