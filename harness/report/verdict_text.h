// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of a cell's verdict, apart from the decision. Pure.
#pragma once

#include <string>

#include "harness/judge/cell_verdict.h"
#include "harness/stats/rate_estimate.h"

namespace hangrate {

/// One sentence for humans, e.g. "fixed and clean: 0/10000, would have seen p >= 0.0003 with 95 %".
std::string verdict_sentence(const CellCase& seen, const CellJudgement& judgement,
                             const RateEstimate& estimate);

}  // namespace hangrate
