// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/shortfall.h"

namespace hangrate {

namespace {

bool asked_for(EndReason reason) {
  return reason == EndReason::Hits || reason == EndReason::Excluded || reason == EndReason::Budget;
}

}  // namespace

Shortfall shortfall_of(const CellSpec& spec, const CellResult& result) {
  const EndReason reason = result.end_reason();
  if (spec.trials != 0 && result.measured() >= spec.trials) return Shortfall::None;
  // With trials on record it is no skip but half a run: one worker could do what another could not.
  if (!result.skip_reason().empty() && result.recorded().total() == 0) return Shortfall::None;
  // Until a rate is excluded: as many as that takes, though one of them hit.
  if (spec.trials == 0 && reason == EndReason::Trials) return Shortfall::None;
  return asked_for(reason)            ? Shortfall::None
         : reason == EndReason::Infra ? Shortfall::GaveUp
                                      : Shortfall::Cut;
}

bool finished(const CellSpec& spec, const CellResult& result) {
  if (spec.trials != 0 && result.measured() >= spec.trials) return true;
  const EndReason reason = result.end_reason();
  return asked_for(reason) || reason == EndReason::Trials;
}

bool hopeless(EndReason reason) {
  return reason == EndReason::Skipped || reason == EndReason::Infra;
}

}  // namespace hangrate
