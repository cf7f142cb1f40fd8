// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/decode.h"

#include <cstring>

namespace hangrate {

namespace {

static_assert(static_cast<int>(TraceKind::Call) == HR_CALL);
static_assert(static_cast<int>(TraceKind::FuseAbort) == HR_FUSE_ABORT);
#define HANGRATE_CALL(NUMBER, Name, ...) \
  static_assert(static_cast<int>(TracedCall::Name) == HR_##NUMBER);
#include "harness/model/traced_calls.def"

/// The same for every call; what the numbers are is told where they are put in.
void decode_call(const hr_slot& slot, TraceEvent& event) {
  event.object = slot.object;
  event.number = slot.other;
  (event.kind == TraceKind::Return ? event.result : event.value) = slot.value;
}

void decode_kind(const hr_slot& slot, TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::Call:
    case TraceKind::Return:
      return decode_call(slot, event);
    case TraceKind::Sleep:
    case TraceKind::Preempt:
    case TraceKind::Run:
    case TraceKind::Wake:
    case TraceKind::Fork:
      return decode_task_block(slot, event);
    case TraceKind::Signal:
    case TraceKind::Exit:
      return decode_signal_exit(slot, event);
    case TraceKind::FuseSend:
    case TraceKind::FuseEnd:
    case TraceKind::FuseAbort:
      return decode_fuse_wait(slot, event);
  }
}

}  // namespace

std::optional<TraceEvent> decode(const RawEvent& raw) {
  const hr_slot& slot = raw.slot;
  if (slot.kind > HR_FUSE_ABORT || slot.call >= HR_CALLS) return std::nullopt;
  TraceEvent event;
  event.when = static_cast<Nanos>(slot.when);
  event.cpu = raw.cpu;
  event.tid = static_cast<int>(slot.tid);
  event.pid = static_cast<int>(slot.pid);
  event.kind = static_cast<TraceKind>(slot.kind);
  event.call = static_cast<TracedCall>(slot.call);
  if (slot.flags & HR_HAS_PIPE) {
    event.pipe = PipeState{slot.head, slot.tail, slot.max_usage, slot.ring_size};
  }
  decode_kind(slot, event);
  return event;
}

std::vector<std::uint64_t> user_frames(const hr_slot& slot) {
  std::vector<std::uint64_t> frames = {slot.object, static_cast<std::uint64_t>(slot.value),
                                       slot.word[0], slot.word[1]};
  while (!frames.empty() && frames.back() == 0) frames.pop_back();
  return frames;
}

std::string slot_comm(const hr_slot& slot) {
  return {slot.comm, ::strnlen(slot.comm, sizeof slot.comm)};
}

}  // namespace hangrate
