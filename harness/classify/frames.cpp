// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/frames.h"

#include <algorithm>
#include <string_view>

namespace hangrate {

namespace {

/// The recorder walks no deeper (HR_KERNEL_FRAMES in bpf/task_block): the call may lie beyond.
constexpr std::size_t kDeepest = 24;

/// "__do_wait.isra.0" is "=do_wait"; "futex_do_wait" is not.
bool matches(std::string_view frame, std::string_view word) {
  if (!word.starts_with('=')) return frame.find(word) != std::string_view::npos;
  while (frame.starts_with('_')) frame.remove_prefix(1);
  return frame.substr(0, frame.find('.')) == word.substr(1);
}

bool any_of(const CallWords& words, std::string_view frame) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return matches(frame, word); });
}

bool shows(TracedCall call, const std::vector<std::string>& stack) {
  const CallWords& words = row_of(call).frames;
  return std::any_of(stack.begin(), stack.end(),
                     [&](const std::string& frame) { return any_of(words, frame); });
}

}  // namespace

bool outermost(TracedCall call) {
  return row_of(call).entered == CallEntered::Outermost;
}

bool may_be_in(TracedCall call, const std::vector<std::string>& stack) {
  if (call == TracedCall::None || stack.empty() || stack.size() >= kDeepest) return true;
  return shows(call, stack);
}

bool waits_itself(TracedCall call, const std::string& frame) {
  return any_of(row_of(call).waits_in, frame);
}

TracedCall call_in_stack(const std::vector<std::string>& stack) {
  const bool zap = std::any_of(stack.begin(), stack.end(), [](const std::string& frame) {
    return matches(frame, "zap_pid_ns");
  });
  return shows(TracedCall::WaitChild, stack) && !zap ? TracedCall::WaitChild : TracedCall::None;
}

TracedCall believed_call(const TraceEvent& event) {
  const bool doubted = event.kind == TraceKind::Sleep && !may_be_in(event.call, event.stack);
  return doubted ? TracedCall::None : event.call;
}

}  // namespace hangrate
