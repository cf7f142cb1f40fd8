// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/pipe_ops/pipe_ops.h"

#include "bpf/decode.h"

namespace hangrate {

void decode_pipe_ops(const hr_slot& slot, TraceEvent& event) {
  event.object = slot.object;
  if (event.kind == TraceKind::Return) {
    event.result = slot.value;
    return;
  }
  event.number = slot.other;
  event.value = slot.value;
}

}  // namespace hangrate
