// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/verdict_text.h"

namespace hangrate {

namespace {

/// "unfinished: 13 of 50 trials", "not run: 0 of 50 trials"
std::string shortfall_text(const CellSummary& cell) {
  const std::uint64_t made = cell.result->measured();
  const std::uint64_t searched = cell.result->searched();
  const std::uint64_t lost = cell.result->tally().count(Outcome::LostMachine);
  const std::uint64_t planned = cell.spec->trials;
  std::string text = fmt::format("{}: {}", made + searched > 0 ? "unfinished" : "not run", made);
  if (planned > 0) text += fmt::format(" of {}", planned);
  text += " trials";
  if (searched > 0) text += fmt::format(" behind {} of a search", searched);
  if (lost > 0) text += fmt::format(", {} lost with the machine", lost);
  if (cell.result->end_reason() == EndReason::Interrupted) text += ", interrupted";
  return text;
}

/// What could be judged of a cell cut short stays; that it is not all leads where nothing else was
/// proven.
void tell_shortfall(CellSummary& cell) {
  const std::string text = shortfall_text(cell);
  const bool nothing = cell.result->tally().attempted() == 0 && cell.result->searched() == 0 &&
                       cell.result->notes().empty();
  if (nothing) {
    cell.explanation = text;
  } else if (exit_code(CellJudgement{.verdict = cell.judgement.verdict}) == 3) {
    cell.explanation = text + "; " + cell.explanation;
  } else {
    cell.explanation += "; " + text;
  }
}

}  // namespace

void complete(CellSummary& cell, const RunHeader& header) {
  const CellResult& result = *cell.result;
  cell.seen = {.expectation = cell.expectation,
               .tally = result.tally(),
               .search = result.search(),
               .reference_rate = cell.spec->variant_spec().reference_rate,
               .confidence = header.confidence,
               .shortfall = shortfall_of(*cell.spec, result),
               .helped = cell.spec->widened() || cell.spec->replay.has_value(),
               .excluded_over_boots = {}};
  cell.judgement = judge_cell(cell.seen);
  cell.code = exit_code(cell.judgement, header.gate, cell.spec->repro);
  cell.explanation = explain(cell.seen, cell.judgement, cell.estimate);
  if (!result.skip_reason().empty()) cell.explanation = result.skip_reason();
  // What decided that it was given up says more than how many trials failed.
  const CellVerdict verdict = cell.judgement.verdict;
  const bool machine = verdict == CellVerdict::Infra || verdict == CellVerdict::Inconclusive;
  if (machine && !result.why_given_up().empty()) cell.explanation = result.why_given_up();
  if (cell.judgement.shortfall == Shortfall::Cut) tell_shortfall(cell);
}

Summary summarize(const RunHeader& header, const std::vector<CellResult>& cells) {
  Summary summary;
  summary.header = &header;
  const Environment& e = header.environment;
  summary.kernel = upstream_version(e.release, e.version, e.signature);
  std::vector<int> codes;
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    CellSummary cell;
    cell.spec = &header.cells[i];
    cell.result = &cells[i];
    cell.environment = &e;
    const Variant& variant = cell.spec->variant_spec();
    cell.compares = header.trace.mode == TraceMode::Compare;
    cell.estimate = cell.result->estimate(header.confidence);
    cell.expectation = expectation_of(cell.spec->manifest, variant, summary.kernel);
    const bool reverted =
        std::find(e.reverted.begin(), e.reverted.end(), cell.spec->repro) != e.reverted.end();
    if (reverted && variant.expect == Expect::Affected) cell.expectation = Expectation::Affected;
    complete(cell, header);
    codes.push_back(cell.code);
    summary.cells.push_back(std::move(cell));
  }
  summary.exit_code = combine_exit_codes(codes);
  return summary;
}

std::string cell_name(const CellSpec& spec) {
  return spec.repro + "/" + spec.variant;
}

std::string kernel_phrase(const Summary& summary) {
  const Environment& e = summary.header->environment;
  std::string text = e.release;
  const std::string upstream = summary.kernel ? to_string(*summary.kernel) : "";
  if (!upstream.empty() && e.release.find(upstream) == std::string::npos) text += " = " + upstream;
  if (!e.build_note.empty()) text += " " + e.build_note;
  return text + " (" + e.preempt.build + ", preempt " + e.preempt.active + ", " +
         std::to_string(e.cpus) + (e.cpus == 1 ? " CPU)" : " CPUs)");
}

}  // namespace hangrate
