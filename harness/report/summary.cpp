// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/text.h"
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

void judge(CellSummary& cell, const RunHeader& header) {
  const CellResult& result = *cell.result;
  cell.seen = {.expectation = cell.expectation,
               .tally = result.tally(),
               .search = result.search(),
               .reference_rate = cell.spec->variant_spec().reference_rate,
               .confidence = header.confidence,
               .shortfall = shortfall_of(*cell.spec, result),
               .helped = cell.spec->widened() || cell.spec->replay.has_value(),
               .excluded_over_boots = {}};
  if (header.gate.power == PowerOver::Boots) {
    const auto possible = static_cast<double>(result.tally().possible_hits());
    const double trials = cell.boots.effective_trials + possible;
    // One-sided: the upper end of the interval that spends as much on the lower one.
    cell.seen.excluded_over_boots =
        possible > 0 ? clopper_pearson_effective(possible, trials, 2 * header.confidence - 1).high
                     : cell.boots.excluded_rate;
    const std::uint64_t boots = std::max<std::uint64_t>(cell.boots.boots, 1);
    cell.seen.boots_needed = boots_to_exclude(cell.seen.reference_rate,
                                              std::max<std::uint64_t>(cell.boots.trials / boots, 1),
                                              std::max(cell.boots.rho, 0.0), header.confidence);
  }
  cell.judgement = judge_cell(cell.seen);
  cell.code = exit_code(cell.judgement, header.gate, cell.spec->repro);
  cell.explanation = verdict_sentence(cell.seen, cell.judgement, cell.estimate);
  if (!result.skip_reason().empty()) cell.explanation = result.skip_reason();
  // What decided that it was given up says more than how many trials failed.
  const CellVerdict verdict = cell.judgement.verdict;
  const bool machine = verdict == CellVerdict::Infra || verdict == CellVerdict::Inconclusive;
  if (machine && !result.why_given_up().empty()) cell.explanation = result.why_given_up();
  if (cell.judgement.shortfall == Shortfall::Cut) tell_shortfall(cell);
}

}  // namespace

void complete(CellSummary& cell, const RunHeader& header, std::span<const Cluster> boots) {
  cell.boots = bound_over_boots(boots, header.confidence);
  // Boots that do not add up to the trials of the cell are no base for its rate.
  const bool whole =
      cell.boots.trials == cell.estimate.trials && cell.boots.hits == cell.estimate.hits;
  if (!whole) return complete(cell, header);
  if (cell.boots.boots > 1) {
    cell.estimate.interval = cell.boots.interval;
    cell.estimate.method = "random-effects";
    cell.estimate.effective_trials = cell.boots.effective_trials;
  }
  judge(cell, header);
}

void complete(CellSummary& cell, const RunHeader& header) {
  const Cluster all{cell.estimate.trials, cell.estimate.hits};
  cell.boots = bound_over_boots({&all, 1}, header.confidence);
  judge(cell, header);
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
    cell.environment = &e;
    const Variant& variant = cell.spec->variant_spec();
    cell.compares = header.trace.mode == TraceMode::Compare;
    cell.estimate = cell.result->estimate(header.confidence, header.stop.hits);
    const bool reverted = contains(e.reverted, cell.spec->repro);
    const auto stated = header.stated.find(cell.spec->repro);
    Expected expected = expectation_of(cell.spec->manifest, variant, summary.kernel, reverted,
                                       stated != header.stated.end() ? &stated->second : nullptr);
    cell.expectation = expected.value;
    cell.expectation_source = expected.source;
    cell.expectation_because = std::move(expected.because);
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

std::string stated_text(const CellSummary& cell) {
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
  if (!manifest || cell.expectation_because.empty()) return stated_text(cell);
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
