// SPDX-License-Identifier: GPL-2.0-or-later
//
// Summary: the numbers and verdicts of a row, worked out once; every reporter only formats them.
// Pure: a report from a journal is the same on any machine.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/cell_verdict.h"
#include "harness/judge/expectation.h"
#include "harness/judge/kernel_identity.h"
#include "harness/model/record.h"
#include "harness/stats/boots.h"
#include "harness/stats/cell_result.h"

namespace hangrate {

struct CellSummary {
  const CellSpec* spec = nullptr;
  const CellResult* result = nullptr;
  const Environment* environment = nullptr;  ///< where it ran
  RateEstimate estimate;
  Expectation expectation = Expectation::Unknown;
  ExpectationSource expectation_source = ExpectationSource::Manifest;
  std::string expectation_because;  ///< as Expected::because
  CellCase seen;                    ///< what it was judged by
  CellJudgement judgement;
  int code = 3;  ///< its exit code
  std::string explanation;
  bool compares = false;  ///< a run with --trace compare: watched trials were chosen blindly
  /// The rate over boots in general; of one boot only what the stated spread gives.
  BootBound boots;
};

struct Summary {
  const RunHeader* header = nullptr;
  KernelIdentity kernel;
  std::vector<CellSummary> cells;
  int exit_code = 0;
};

/// `header` and `cells` must outlive the summary.
Summary summarize(const RunHeader& header, const std::vector<CellResult>& cells);

/// Judgement, exit code and explanation from what else the cell holds.
void complete(CellSummary& cell, const RunHeader& header);

/// The same with what each boot recorded of it. Where there are several, the interval of its rate
/// is the one over boots.
void complete(CellSummary& cell, const RunHeader& header, std::span<const Cluster> boots);

std::string cell_name(const CellSpec& spec);

/// Why this is expected, where the manifest's own ranges do not say it: "stated: REASON"; else "".
std::string stated_text(const CellSummary& cell);
/// The same, and of an unknown expectation why, and what can be done about it.
std::string expectation_text(const CellSummary& cell);
/// The latter for all cells, each reason once.
std::vector<std::string> unknown_expectations(const Summary& summary);

/// "6.18.44 (PREEMPT_DYNAMIC, none)": the kernel in one phrase.
std::string kernel_phrase(const Summary& summary);

}  // namespace hangrate
