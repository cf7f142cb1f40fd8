// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/p9_flush/p9_flush.h"

#include "bpf/decode.h"

namespace hangrate {

void decode_p9_flush(const hr_slot& slot, TraceEvent& event) {
  event.number = slot.other;
  event.result = slot.value;
}

}  // namespace hangrate
