// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slots become TraceEvents. Pure; each probe decodes its own kinds, decode() asks the right one.
#pragma once

#include "bpf/ring_reader.h"
#include "harness/model/trace.h"

namespace hangrate {

/// Kinds that are no TraceEvent (HR_USER_STACK, HR_EXEC) and unknown ones give nullopt.
std::optional<TraceEvent> decode(const RawEvent& raw);

/// The character for task_struct::__state.
char decode_state(std::uint32_t state);

void decode_task_block(const hr_slot& slot, TraceEvent& event);
void decode_signal_exit(const hr_slot& slot, TraceEvent& event);
void decode_fuse_wait(const hr_slot& slot, TraceEvent& event);

/// The innermost user frames of a HR_USER_STACK, without the zeros behind them.
std::vector<std::uint64_t> user_frames(const hr_slot& slot);

std::string slot_comm(const hr_slot& slot);

}  // namespace hangrate
