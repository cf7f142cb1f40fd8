// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/frames.h"

#include <algorithm>
#include <string_view>

namespace hangrate {

namespace {

/// The recorder walks no deeper (HR_KERNEL_FRAMES in bpf/task_block): the call may lie beyond.
constexpr std::size_t kDeepest = 24;

bool has(std::string_view frame, std::string_view part) {
  return frame.find(part) != std::string_view::npos;
}

/// "__do_wait.isra.0" is do_wait; "futex_do_wait" is not.
bool is_do_wait(std::string_view frame) {
  while (!frame.empty() && frame.front() == '_') frame.remove_prefix(1);
  return frame.substr(0, frame.find('.')) == "do_wait" || has(frame, "wait4") ||
         has(frame, "waitid");
}

/// A frame of the call's family is enough: compilers inline the function itself, and a walk may end
/// at the trampoline of a probe.
bool of_family(TracedCall call, std::string_view frame) {
  switch (call) {
    case TracedCall::PipeRead:
      return has(frame, "pipe_read");  // anon_pipe_read, fifo_pipe_read (v6.15)
    case TracedCall::PipeWrite:
      return has(frame, "pipe_write");
    case TracedCall::PipeSplice:
      return has(frame, "pipe_wait_") || has(frame, "splice") || has(frame, "pipe_prep") ||
             has(frame, "link_pipe") || has(frame, "do_tee");
    case TracedCall::PipeFcntl:
    case TracedCall::PipeResize:
      return has(frame, "pipe_fcntl") || has(frame, "pipe_set_size") || has(frame, "pipe_resize");
    case TracedCall::PipeRelease:
      return has(frame, "pipe_release");
    case TracedCall::FuseFlush:
    case TracedCall::FuseWait:
      return has(frame, "fuse") || has(frame, "request_wait_answer");
    case TracedCall::WaitChild:
      return is_do_wait(frame);
    case TracedCall::ZapPidNs:  // it waits by kernel_wait4(), v6.1 kernel/pid_namespace.c
      return has(frame, "zap_pid_ns") || is_do_wait(frame);
    case TracedCall::P9Flush:
    case TracedCall::P9Rpc:
      return has(frame, "p9_");
    case TracedCall::None:
      break;
  }
  return true;
}

}  // namespace

bool outermost(TracedCall call) {
  switch (call) {
    case TracedCall::PipeRead:
    case TracedCall::PipeWrite:
    case TracedCall::PipeSplice:
    case TracedCall::PipeFcntl:
    case TracedCall::FuseFlush:
    case TracedCall::ZapPidNs:
      return true;
    case TracedCall::None:
    case TracedCall::PipeResize:
    case TracedCall::PipeRelease:
    case TracedCall::FuseWait:
    case TracedCall::WaitChild:
    case TracedCall::P9Flush:
    case TracedCall::P9Rpc:
      break;
  }
  return false;
}

bool may_be_in(TracedCall call, const std::vector<std::string>& stack) {
  if (call == TracedCall::None || stack.empty() || stack.size() >= kDeepest) return true;
  return std::any_of(stack.begin(), stack.end(),
                     [&](const std::string& frame) { return of_family(call, frame); });
}

bool waits_itself(TracedCall call, const std::string& frame) {
  switch (call) {
    case TracedCall::PipeRead:
      return has(frame, "pipe_read") || has(frame, "pipe_wait");
    case TracedCall::PipeWrite:
      return has(frame, "pipe_write") || has(frame, "pipe_wait");
    case TracedCall::PipeSplice:
      return has(frame, "pipe_wait");
    case TracedCall::PipeFcntl:
      return has(frame, "pipe_fcntl");
    case TracedCall::PipeRelease:
      return has(frame, "pipe_release");
    case TracedCall::FuseFlush:
    case TracedCall::FuseWait:
      return has(frame, "request_wait_answer") || has(frame, "fuse_request_send");
    case TracedCall::WaitChild:
      return is_do_wait(frame);
    case TracedCall::ZapPidNs:
      return has(frame, "zap_pid_ns") || is_do_wait(frame);
    case TracedCall::P9Flush:
    case TracedCall::P9Rpc:
      return has(frame, "p9_client_rpc");
    case TracedCall::None:
    case TracedCall::PipeResize:
      break;
  }
  return false;
}

TracedCall call_in_stack(const std::vector<std::string>& stack) {
  const auto shows = [&](TracedCall call) {
    return std::any_of(stack.begin(), stack.end(),
                       [&](const std::string& frame) { return of_family(call, frame); });
  };
  const bool zap = std::any_of(stack.begin(), stack.end(),
                               [](const std::string& frame) { return has(frame, "zap_pid_ns"); });
  return shows(TracedCall::WaitChild) && !zap ? TracedCall::WaitChild : TracedCall::None;
}

TracedCall believed_call(const TraceEvent& event) {
  const bool doubted = event.kind == TraceKind::Sleep && !may_be_in(event.call, event.stack);
  return doubted ? TracedCall::None : event.call;
}

}  // namespace hangrate
