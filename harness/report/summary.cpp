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
  if (cell.result->end_reason() == "interrupted") text += ", interrupted";
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
  } else if (exit_code(cell.verdict) == 3) {
    cell.explanation = text + "; " + cell.explanation;
  } else {
    cell.explanation += "; " + text;
  }
}

}  // namespace

void judge_cell(CellSummary& cell) {
  const CellResult& result = *cell.result;
  const double reference = cell.spec->variant_spec().reference_rate;
  cell.shortfall = shortfall_of(*cell.spec, result);
  cell.verdict = judge(cell.expectation, result.tally(), cell.estimate, reference, cell.shortfall,
                       result.search());
  cell.explanation = explain(cell.verdict, cell.expectation, result.tally(), cell.estimate,
                             reference, result.search());
  const bool helped = cell.spec->widened() || cell.spec->replay.has_value();
  if (helped && cell.verdict == CellVerdict::UnexpectedlyClean) {
    // The reference rate is the natural one, and help may miss the window on this machine.
    cell.verdict = CellVerdict::InconclusivePower;
    cell.explanation = fmt::format(
        "affected, and none of {} helped trials hit: the help may not "
        "reach the window here; --natural tells",
        result.tally().conclusive());
  }
  if (helped && cell.verdict == CellVerdict::FixedClean) {
    cell.explanation += "; p is the rate of helped trials, not the natural one";
  }
  if (!result.skip_reason().empty()) cell.explanation = result.skip_reason();
  const bool machine =
      cell.verdict == CellVerdict::Infra || cell.verdict == CellVerdict::Inconclusive;
  if (machine && !result.notes().empty()) cell.explanation = result.notes().front();
  if (cell.shortfall == Shortfall::Cut) tell_shortfall(cell);
}

int exit_code(const CellSummary& cell) {
  return exit_code(cell.verdict, cell.shortfall);
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
    const Variant& variant = cell.spec->variant_spec();
    cell.compares = header.trace.mode == TraceMode::Compare;
    cell.estimate = cell.result->estimate(header.confidence, header.stop.hits);
    cell.expectation = expectation_of(cell.spec->manifest, variant, summary.kernel);
    const bool reverted =
        std::find(e.reverted.begin(), e.reverted.end(), cell.spec->repro) != e.reverted.end();
    if (reverted && variant.expect == Expect::Affected) cell.expectation = Expectation::Affected;
    judge_cell(cell);
    codes.push_back(exit_code(cell));
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
