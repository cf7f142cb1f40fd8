// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/signal_exit/signal_exit.h"

#include "bpf/decode.h"

namespace hangrate {

void decode_signal_exit(const hr_slot& slot, TraceEvent& event) {
  event.result = slot.value;
  if (event.kind == TraceKind::Signal) {
    event.other = static_cast<int>(slot.other);
    event.number = static_cast<std::int64_t>(slot.object);
  }
}

}  // namespace hangrate
