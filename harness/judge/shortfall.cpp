// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/shortfall.h"

namespace hangrate {

Shortfall shortfall_of(const CellSpec& spec, const CellResult& result) {
  const std::string& reason = result.end_reason();
  if (spec.trials != 0 && result.measured() >= spec.trials) return Shortfall::None;
  // With trials on record it is no skip but half a run: one worker could do what another could not.
  if (!result.skip_reason().empty() && result.recorded().total() == 0) return Shortfall::None;
  if (reason == "hits" || reason == "excluded" || reason == "budget") return Shortfall::None;
  return reason == "infra" ? Shortfall::GaveUp : Shortfall::Cut;
}

}  // namespace hangrate
