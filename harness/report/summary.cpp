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
  summary.kernel = identify_kernel(e.release, e.version, e.signature);
  std::vector<int> codes;
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    CellSummary cell;
    cell.spec = &header.cells[i];
    cell.result = &cells[i];
    const Variant& variant = cell.spec->variant_spec();
    cell.compares = header.trace.mode == TraceMode::Compare;
    cell.estimate = cell.result->estimate(header.confidence);
    const bool reverted =
        std::find(e.reverted.begin(), e.reverted.end(), cell.spec->repro) != e.reverted.end();
    const auto stated = header.stated.find(cell.spec->repro);
    Expected expected = expectation_of(cell.spec->manifest, variant, summary.kernel, reverted,
                                       stated != header.stated.end() ? &stated->second : nullptr);
    cell.expectation = expected.value;
    cell.expectation_source = expected.source;
    cell.expectation_because = std::move(expected.because);
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

std::string reason_text(const CellSummary& cell) {
  switch (cell.expectation_source) {
    case ExpectationSource::Manifest:
      return "";
    case ExpectationSource::VendorRange:
      return fmt::format("{} by {}", expectation_name(cell.expectation), cell.expectation_because);
    case ExpectationSource::Reverted:
      return cell.expectation_because;
    case ExpectationSource::Stated:
      return "stated: " + cell.expectation_because;
  }
  return "";
}

std::string expectation_text(const CellSummary& cell) {
  const bool manifest = cell.expectation_source == ExpectationSource::Manifest;
  if (!manifest || cell.expectation_because.empty()) return reason_text(cell);
  return "expectation unknown: " + cell.expectation_because;
}

std::vector<std::string> unknown_expectations(const Summary& summary) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const CellSummary& cell : summary.cells) {
    if (cell.expectation_source != ExpectationSource::Manifest) continue;
    const std::string& why = cell.expectation_because;
    if (why.empty()) continue;
    auto known = std::find_if(reasons.begin(), reasons.end(),
                              [&](const auto& reason) { return reason.first == why; });
    if (known == reasons.end()) known = reasons.insert(known, {why, {}});
    known->second.push_back(cell_name(*cell.spec));
  }
  std::vector<std::string> lines;
  for (const auto& [why, cells] : reasons) {
    lines.push_back(fmt::format("expectation unknown for {}: {}", fmt::join(cells, ", "), why));
  }
  return lines;
}

std::string kernel_phrase(const Summary& summary) {
  const Environment& e = summary.header->environment;
  std::string text = e.release;
  if (summary.kernel.base && e.release.find(to_string(*summary.kernel.base)) == std::string::npos) {
    text += " = " + to_string(summary.kernel);
  }
  if (!e.build_note.empty()) text += " " + e.build_note;
  return text + " (" + e.preempt.build + ", preempt " + e.preempt.active + ", " +
         std::to_string(e.cpus) + (e.cpus == 1 ? " CPU)" : " CPUs)");
}

}  // namespace hangrate
