// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/task_block/task_block.h"

#include "bpf/decode.h"

namespace hangrate {

char decode_state(std::uint32_t state) {
  if (state & HR_STATE_DEAD) return 'X';
  if (state & HR_STATE_TRACED) return 't';
  if (state & HR_STATE_STOPPED) return 'T';
  if (state & HR_STATE_UNINTERRUPTIBLE) {
    if (state & HR_STATE_NOLOAD) return 'I';
    return (state & HR_STATE_WAKEKILL) ? 'K' : 'D';
  }
  return (state & HR_STATE_INTERRUPTIBLE) ? 'S' : '?';
}

void decode_task_block(const hr_slot& slot, TraceEvent& event) {
  event.object = slot.object;
  if (event.kind == TraceKind::Sleep) {
    event.state = decode_state(slot.other);
  } else {
    event.other = static_cast<int>(slot.other);
    event.value = slot.value;
  }
}

}  // namespace hangrate
