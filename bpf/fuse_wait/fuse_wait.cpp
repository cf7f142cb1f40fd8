// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/fuse_wait/fuse_wait.h"

#include "bpf/decode.h"

namespace hangrate {

void decode_fuse_wait(const hr_slot& slot, TraceEvent& event) {
  event.object = slot.object;
  event.number = slot.other;
  event.result = slot.value;
}

}  // namespace hangrate
