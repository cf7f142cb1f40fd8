// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/sight_of.h"

#include "harness/run/slot_view.h"

namespace hangrate {

namespace {

WorkerIs is_now(std::uint32_t state) {
  switch (state) {
    case HANG_STARTING:
      return WorkerIs::Starting;
    case HANG_IDLE:
      return WorkerIs::Idle;
    case HANG_RUNNING:
      return WorkerIs::Running;
    case HANG_REPORTED:
      return WorkerIs::Reported;
    case HANG_PARKED:
      return WorkerIs::Parked;
    case HANG_SKIPPED:
      return WorkerIs::Skipped;
    default:
      return WorkerIs::Failed;
  }
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
  sight.invariant = {slot.invariant_ns, invariant_state_of(slot.invariant),
                     text_of(slot.invariant_text)};
  sight.pulled = slot.lever_pulled != 0;
}

void read_report(const protocol::Slot& slot, Sight& sight) {
  sight.outcome = outcome_of(slot.outcome);
  sight.message = text_of(slot.message);
  if (sight.state == WorkerIs::Reported && slot.measurement_bytes != 0) {
    sight.measurements = measurements_of(slot);
  }
}

}  // namespace

Sight sight_of(const protocol::Slot& slot) {
  Sight sight;
  sight.state = is_now(slot.state.load(std::memory_order_acquire));
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
