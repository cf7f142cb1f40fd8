// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/sight_of.h"

#include "harness/run/slot_view.h"

namespace hangrate {

namespace {

using protocol::WorkerState;

WorkerIs is_now(WorkerState state) {
  switch (state) {
    case WorkerState::Starting:
      return WorkerIs::Starting;
    case WorkerState::Idle:
      return WorkerIs::Idle;
    case WorkerState::Running:
      return WorkerIs::Running;
    case WorkerState::Reported:
      return WorkerIs::Reported;
    case WorkerState::Parked:
      return WorkerIs::Parked;
    case WorkerState::Skipped:
      return WorkerIs::Skipped;
    case WorkerState::Failed:
      break;
  }
  return WorkerIs::Failed;
}

void read_progress(const protocol::Slot& slot, Sight& sight) {
  sight.done = slot.done.load(std::memory_order_acquire);
  sight.trial = slot.trial.load(std::memory_order_acquire);
  sight.trial_start = slot.trial_start_ns.load(std::memory_order_acquire);
  sight.released = slot.released_ns.load(std::memory_order_acquire);
  sight.wedge = slot.wedge_ns;
  sight.phase = text_of(slot.phase);
  sight.shot = to_model(slot.shot);
}

void read_answer(const protocol::Slot& slot, Sight& sight) {
  sight.invariant = {slot.invariant_ns, to_model(protocol::InvariantStatus{slot.invariant}),
                     text_of(slot.invariant_text)};
  sight.pulled = slot.lever_pulled != 0;
}

void read_report(const protocol::Slot& slot, Sight& sight) {
  sight.outcome = to_model(protocol::TrialOutcome{slot.outcome});
  sight.message = text_of(slot.message);
  if (sight.state == WorkerIs::Reported && slot.measurement_bytes != 0) {
    sight.measurements = measurements_of(slot);
  }
}

}  // namespace

Sight sight_of(const protocol::Slot& slot) {
  Sight sight;
  sight.state = is_now(protocol::state_of(slot));
  read_progress(slot, sight);
  read_answer(slot, sight);  // in every state: the worker may have gone on since
  if (sight.state == WorkerIs::Reported || sight.leaving()) read_report(slot, sight);
  return sight;
}

Sight sight_of(const Worker& worker, bool traced) {
  // In this order: a worker changes its state before it answers, so the state that goes with an
  // answered command is never one from before it.
  const bool answered = worker.answered();
  Sight sight = sight_of(worker.slot());
  sight.answered = answered;
  sight.unsettled = worker.orders_a_state() && !answered;
  sight.last_sent = worker.last_sent();
  sight.traced = traced;
  return sight;
}

}  // namespace hangrate
