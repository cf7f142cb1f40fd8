// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/shortfall.h"

#include <algorithm>

namespace hangrate {

namespace {

bool asked_for(EndReason reason) {
  return reason == EndReason::Hits || reason == EndReason::Excluded || reason == EndReason::Budget;
}

/// Without a number it is never complete.
bool complete(const CellSpec& spec, const CellResult& result) {
  return spec.trials != 0 && missing_trials(spec.trials, result) == 0;
}

}  // namespace

std::uint64_t missing_trials(std::uint64_t planned, const CellResult& result) {
  return planned - std::min(planned, result.measured());
}

Shortfall shortfall_of(const CellSpec& spec, const CellResult& result) {
  const EndReason reason = result.end_reason();
  if (complete(spec, result)) return Shortfall::None;
  // With trials on record it is no skip but half a run: one worker could do what another could not.
  if (!result.skip_reason().empty() && result.recorded().total() == 0) return Shortfall::None;
  // Until a rate is excluded: as many as that takes, though one of them hit.
  if (spec.trials == 0 && reason == EndReason::Trials) return Shortfall::None;
  return asked_for(reason)            ? Shortfall::None
         : reason == EndReason::Infra ? Shortfall::GaveUp
                                      : Shortfall::Cut;
}

bool finished(const CellSpec& spec, const CellResult& result) {
  if (complete(spec, result)) return true;
  const EndReason reason = result.end_reason();
  return asked_for(reason) || reason == EndReason::Trials;
}

bool hopeless(EndReason reason) {
  return reason == EndReason::Skipped || reason == EndReason::Infra;
}

}  // namespace hangrate
