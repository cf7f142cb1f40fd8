// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellVerdict: one variant on one kernel, what was seen against what was expected, with the exit
// code and the sentence that go with it. Every reporter and the command line ask here, so they
// cannot disagree. Pure; it never turns an unknown into a pass and never lets a failed trial hide a
// proof.
#pragma once

#include <span>
#include <string>

#include "harness/judge/expectation.h"
#include "harness/judge/shortfall.h"
#include "harness/stats/rate_estimate.h"
#include "harness/stats/tally.h"

namespace hangrate {

enum class CellVerdict {
  Reproduced,         ///< the bug was shown where it may be
  UnexpectedlyClean,  ///< affected, nothing seen, and a rate as low as the reference is excluded
  InconclusivePower,  ///< affected, nothing seen, too few trials to say so
  FixedClean,         ///< fixed, nothing seen
  Regression,         ///< fixed, and the bug was shown
  OtherHang,          ///< a hang that is not this bug
  ControlHeld,        ///< the control did what a control does
  ControlBroken,      ///< it did not: believe none of the other results
  Measured,           ///< nothing was expected and no hang was seen
  Infra,              ///< the machine failed us too often
  Skipped,            ///< every trial was skipped
  Inconclusive,       ///< no trial, or not enough of them, could be judged
};

/// The first line that holds:
///
///   expectation      tally                                                    verdict
///   ---------------  -------------------------------------------------------  -----------------
///   Fixed            a Hang/Match or an Anomaly                               Regression
///   not Lookalike    a Hang/Other                                             OtherHang
///   AlwaysHangs      a conclusive trial that is no Hang/Match                 ControlBroken
///   NeverHangs       a Hang or an Anomaly                                     ControlBroken
///   Lookalike        a conclusive trial that is no Hang/Other                 ControlBroken
///   Measures         a Hang/Match                                             ControlBroken
///   Affected,Unknown a Hang/Match or an Anomaly                               Reproduced
///   any              every trial Skipped (at least one)                       Skipped
///   any              Infra + LostMachine: over half of all attempted, or some
///                    and no conclusive trial                                  Infra
///   any              cut short with a lost machine, or given up without a
///                    hang                                                     Infra
///   any              no conclusive trial, over half of all Inconclusive, or
///                    cut short                                                Inconclusive
///   Affected         none seen, excluded rate <= reference rate               UnexpectedlyClean
///   Affected         none seen                                                InconclusivePower
///   Fixed            none seen                                                FixedClean
///   controls         all as they should be                                    ControlHeld
///   Measures,Unknown no hang                                                  Measured
///
/// Proofs come first: a hang stays proven however many other trials failed. Claims that something
/// did not happen come last, since they need trials that could have seen it.
///
/// `search` is of the trials that looked for the best aim. What they proved counts like any proof;
/// what they did not show says nothing, because most of their aims are bad ones.
CellVerdict judge(Expectation expectation, const Tally& tally, const RateEstimate& estimate,
                  double reference_rate, Shortfall shortfall = Shortfall::None,
                  const Tally& search = {});

/// 0 as expected (or too few trials to tell, InconclusivePower), 1 unexpected, 3 the machine or the
/// evidence failed, 4 skipped. A cell cut short is never 0, not even with its bug shown: what was
/// asked for was not done.
int exit_code(CellVerdict verdict, Shortfall shortfall = Shortfall::None);

/// 1 wins over 3, 3 over 0; 4 only if all are 4 or there are none. A code not known here counts
/// as 1.
int combine_exit_codes(std::span<const int> codes);

const char* cell_verdict_name(CellVerdict verdict);

}  // namespace hangrate
