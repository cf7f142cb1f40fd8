// SPDX-License-Identifier: GPL-2.0-or-later
//
// judge_cell(): one variant on one kernel, what was seen against what was expected. The one judge
// of cells: every reporter, the command line and the matrix ask here, so they cannot disagree.
// Pure; it never turns an unknown into a pass, never lets a failed trial hide a proof, and passes
// nothing clean that had no chance to see the bug.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "harness/judge/expectation.h"
#include "harness/judge/shortfall.h"
#include "harness/model/gate.h"
#include "harness/stats/tally.h"

namespace hangrate {

enum class CellVerdict {
  Reproduced,         ///< the bug was shown where it may be
  UnexpectedlyClean,  ///< affected, nothing seen, and a rate as low as the reference is excluded
  Weak,               ///< nothing seen, and the reference rate is not excluded
  FixedClean,         ///< fixed, nothing seen, the reference rate is excluded
  Regression,         ///< fixed, and the bug was shown
  OtherHang,          ///< a hang that is not this bug
  ControlHeld,        ///< the control did what a control does
  ControlBroken,      ///< it did not: believe none of the other results
  Measured,           ///< it measures something, and no hang was seen
  NoExpectation,      ///< nobody can say what is right for this kernel
  Stuck,              ///< a trial stood still, nothing proven
  Infra,              ///< the machine failed us too often
  Skipped,            ///< every trial was skipped
  Inconclusive,       ///< no trial, or not enough of them, could be judged
};

/// Everything a cell is judged by.
struct CellCase {
  Expectation expectation = Expectation::Unknown;
  /// Of measured trials.
  Tally tally;
  /// Of the trials that looked for the best aim. What they proved counts like any proof; what they
  /// did not show says nothing, because most of their aims are bad ones.
  Tally search;
  double reference_rate = 0.001;
  double confidence = 0.95;
  Shortfall shortfall = Shortfall::None;
  bool helped = false;  ///< widened or replayed: a miss may be one of the help
  /// The rate excluded over boots in general, where the gate demands it (PowerOver::Boots), and how
  /// many boots like those it takes to exclude the reference rate.
  std::optional<double> excluded_over_boots;
  std::uint64_t boots_needed = 0;
};

struct CellJudgement {
  CellVerdict verdict = CellVerdict::Inconclusive;
  Shortfall shortfall = Shortfall::None;
  bool stuck = false;               ///< a trial stood still that should not have
  bool lost = false;                ///< the machine failed some trials
  std::uint64_t possible_hits = 0;  ///< trials that may have been hits: Stuck, Inconclusive, lost
  double excluded_rate = 1.0;       ///< by a clean run in which each of those was one
  /// Conclusive and possible trials that exclude the reference rate, with as many possible hits.
  std::uint64_t needed = 0;
  bool operator==(const CellJudgement&) const = default;
};

/// The first line that holds:
///
///   expectation      seen                                                     verdict
///   ---------------  -------------------------------------------------------  -----------------
///   Fixed            a Hang/Match or an Anomaly                               Regression
///   not Lookalike    a Hang/Other                                             OtherHang
///   AlwaysHangs      a conclusive trial that is no Hang/Match                 ControlBroken
///   NeverHangs       a Hang or an Anomaly                                     ControlBroken
///   Lookalike        a trial that ended, a Hang/Match, or one that stands
///                    elsewhere than the variant says                          ControlBroken
///   Measures         a Hang/Match                                             ControlBroken
///   Affected         a Hang/Match or an Anomaly                               Reproduced
///   Unknown          the same                                                 NoExpectation
///   any              every trial Skipped (at least one)                       Skipped
///   any              Infra + LostMachine: over half of all attempted, or some
///                    and no conclusive trial                                  Infra
///   any              cut short with a lost machine, or given up with trials
///                    that failed or without a hang                            Infra
///   not Lookalike    a Stuck trial                                            Stuck
///   any              no conclusive trial, over half of all Inconclusive, or
///                    cut short                                                Inconclusive
///   Affected         the reference rate is excluded                           UnexpectedlyClean
///   Fixed            the reference rate is excluded                           FixedClean
///   NeverHangs       the reference rate is excluded                           ControlHeld
///   these three      it is not                                                Weak
///   other controls   all as they should be                                    ControlHeld
///   Measures         no hang                                                  Measured
///   Unknown          no hang                                                  NoExpectation
///
/// Proofs come first: a hang stays proven however many other trials failed. Claims that something
/// did not happen come last, since they need trials that could have seen it. To exclude a rate,
/// every trial that may have been a hit counts as one, and helped trials exclude no natural rate.
CellJudgement judge_cell(const CellCase& cell);

/// 0 as expected, 1 unexpected, 3 no answer, 4 skipped. A cell that was cut short or has a trial
/// that stood still is never 0, not even with its bug shown.
int exit_code(const CellJudgement& judgement, const Gate& gate = {}, const std::string& repro = "");

/// 1 wins over 3, 3 over 0; 4 only if all are 4 or there are none. A code not known here counts
/// as 1.
int combine_exit_codes(std::span<const int> codes);

const char* cell_verdict_name(CellVerdict verdict);

}  // namespace hangrate
