// SPDX-License-Identifier: GPL-2.0-or-later
//
// The trace as a witness beside /proc: are the victims asleep since their last Sleep, with no Wake
// and no Run of them since? A trace that lost events says nothing, and says that. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/classify/task_history.h"
#include "harness/model/observation.h"

namespace hangrate {

enum class WitnessState {
  Confirms,     ///< every victim went to sleep and nobody woke it
  Contradicts,  ///< a victim was woken, ran, or is not asleep by itself
  Silent,       ///< no trace, events lost, wake-ups not traced, or a victim it does not know
};

struct TraceWitness {
  WitnessState state = WitnessState::Silent;
  std::string text;  ///< "" only without a trace
};

/// The last moment the trace is believed for: its end, or the first rung if that came before. What
/// happened later is the doing of whoever tried to free the victims.
Nanos believed_until(const Observation& observation);

/// The last samples of the victims, nullptr without any.
const SampleSet* last_samples(const Observation& observation);

/// Threads of the victims that were alive in the last samples.
std::vector<int> victim_tids(const Observation& observation);

/// Does a task have an event of its own?
bool has_events(const TraceHistory& history, int tid);

/// "the trace has no event of writer (101)", by the role the victim had for /proc.
std::string nothing_of(const Observation& observation, int tid);

/// One task, by the events up to and with `until`.
TraceWitness trace_witness(const Trace& trace, int tid, Nanos until);

/// All victims: contradicted if one is, confirmed if every one is.
TraceWitness trace_witness(const Observation& observation);

}  // namespace hangrate
