// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/event_text.h"

#include <fmt/format.h>

#include "harness/classify/frames.h"

namespace hangrate {

namespace {

constexpr std::int64_t kGetPipeSize = 1032;  // F_GETPIPE_SZ

std::string call_text(const TraceEvent& event) {
  if (event.call == TracedCall::PipeFcntl) return fcntl_text(event);
  std::string text = traced_call_name(event.call);
  if (event.call == TracedCall::PipeResize && event.kind == TraceKind::Call) {
    text += fmt::format(" to {} slots", event.value);
  }
  const bool of_pipe = row_of(event.call).object == CallObject::Pipe && event.object != 0;
  if (of_pipe) text += fmt::format(" on pipe {}", event.object);
  return text;
}

std::string state_text(const TraceEvent& event) {
  return event.pipe ? fmt::format(" ({})", slots_text(*event.pipe)) : "";
}

std::string sleep_text(const TraceEvent& event) {
  if (event.state == 'X') return "is switched out for the last time";
  std::string text = fmt::format("sleeps, state {}", event.state == '\0' ? '?' : event.state);
  const TracedCall call = believed_call(event);
  if (call != event.call) return text;  // then the pipe is not what it sleeps on either
  if (call != TracedCall::None) text += std::string(", in ") + traced_call_name(call);
  return text + state_text(event);
}

}  // namespace

TaskNames::TaskNames(const Trace& trace) {
  for (const TraceTask& task : trace.tasks) {
    if (!tasks_.emplace(task.tid, task).second) continue;
    if (!task.role.empty()) ++count_[task.role];
  }
}

std::string TaskNames::role_of(int tid) const {
  const auto task = tasks_.find(tid);
  if (task == tasks_.end() || !task->second.role.empty()) {
    return task == tasks_.end() ? "" : task->second.role;
  }
  const auto leader = tasks_.find(task->second.pid);
  return leader == tasks_.end() ? "" : leader->second.role;
}

std::string TaskNames::of(int tid) const {
  if (tid == 0) return "an idle CPU";
  const auto found = tasks_.find(tid);
  if (found == tasks_.end()) return fmt::format("task {}", tid);
  const TraceTask& task = found->second;
  const std::string role = role_of(tid);
  if (!role.empty() && task.role == role && count_.at(role) == 1) return role;
  if (!role.empty()) return fmt::format("{} ({})", role, tid);
  return task.comm.empty() ? fmt::format("task {}", tid) : fmt::format("{} ({})", task.comm, tid);
}

std::uint32_t slots_used(const PipeState& pipe) {
  return pipe.head - pipe.tail;
}

bool ring_full(const PipeState& pipe) {
  return slots_used(pipe) >= pipe.max_usage;
}

std::string slots_text(const PipeState& pipe) {
  return fmt::format("{} of {} slots used", slots_used(pipe), pipe.max_usage);
}

std::string signal_text(std::int64_t number) {
  switch (number) {  // x86, arm64, riscv; include/uapi/asm-generic/signal.h
    case 2:
      return "SIGINT";
    case 9:
      return "SIGKILL";
    case 13:
      return "SIGPIPE";
    case 15:
      return "SIGTERM";
    case 17:
      return "SIGCHLD";
    case 18:
      return "SIGCONT";
    case 19:
      return "SIGSTOP";
    default:
      return fmt::format("signal {}", number);
  }
}

std::string fuse_opcode_text(std::int64_t opcode) {
  switch (opcode) {  // enum fuse_opcode, include/uapi/linux/fuse.h
    case 1:
      return "LOOKUP";
    case 3:
      return "GETATTR";
    case 14:
      return "OPEN";
    case 15:
      return "READ";
    case 16:
      return "WRITE";
    case 18:
      return "RELEASE";
    case 20:
      return "FSYNC";
    case 25:
      return "FLUSH";
    case 26:
      return "INIT";
    case 36:
      return "INTERRUPT";
    default:
      return fmt::format("opcode {}", opcode);
  }
}

std::string fuse_request_text(const TraceEvent& event) {
  std::string text =
      event.object != 0 ? fmt::format("FUSE request {}", event.object) : "a FUSE request";
  if (event.number != 0) text += ", " + fuse_opcode_text(event.number);
  return text;
}

std::string fcntl_text(const TraceEvent& call) {
  if (call.kind == TraceKind::Return) return traced_call_name(call.call);
  std::string text;
  if (call.number == kSetPipeSize) text = fmt::format("fcntl(F_SETPIPE_SZ, {})", call.value);
  if (call.number == kGetPipeSize) text = "fcntl(F_GETPIPE_SZ)";
  if (text.empty()) text = fmt::format("fcntl({}, {})", call.number, call.value);
  return call.object != 0 ? text + fmt::format(" on pipe {}", call.object) : text;
}

std::string describe_event(const TraceEvent& event, const TaskNames& names) {
  switch (event.kind) {
    case TraceKind::Call:
      return "enters " + call_text(event) + state_text(event);
    case TraceKind::Return:
      return fmt::format("leaves {}, result {}", call_text(event), event.result) +
             state_text(event);
    case TraceKind::Sleep:
      return sleep_text(event);
    case TraceKind::Preempt:
      return "is preempted";
    case TraceKind::Run:
      return "runs";
    case TraceKind::Wake:
      return "wakes " + names.of(event.other) + state_text(event);
    case TraceKind::Signal:
      return fmt::format("sends {} to {}{}", signal_text(event.number), names.of(event.other),
                         event.result == 0 ? "" : fmt::format(", result {}", event.result));
    case TraceKind::Fork:
      return "forks " + names.of(event.other);
    case TraceKind::Exit:
      return "exits";
    case TraceKind::FuseSend:
      return "queues " + fuse_request_text(event);
    case TraceKind::FuseEnd:
      return fmt::format("ends {}, result {}", fuse_request_text(event), event.result);
    case TraceKind::FuseAbort:
      return "aborts a FUSE connection";
  }
  return "?";
}

}  // namespace hangrate
