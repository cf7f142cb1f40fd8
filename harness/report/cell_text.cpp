// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/cell_text.h"

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/proof.h"
#include "harness/report/rounding.h"
#include "harness/report/safe_text.h"
#include "harness/report/text_grid.h"
#include "harness/report/wrap.h"
#include "harness/stats/observer_effect.h"

namespace hangrate {

namespace {

constexpr std::size_t kColumns = 80;

std::string verdict_text(const CellSummary& cell) {
  const bool cut = cell.judgement.shortfall == Shortfall::Cut;
  return std::string(cell_verdict_name(cell.judgement.verdict)) + (cut ? ", unfinished" : "");
}

std::string speed_line(const ObserverEffect& effect) {
  if (!effect.speed_ratio) return "no speed ratio: " + effect.no_speed;
  return fmt::format(
      "speed ratio {:.3g}, from {:.0f} % of the watched trials and {:.0f} % of "
      "the others; {}",
      *effect.speed_ratio, 100 * effect.traced_timed, 100 * effect.untraced_timed,
      effect.ns_per_event ? fmt::format("{:.0f} ns an event", *effect.ns_per_event)
                          : "the cost of an event is below what this run can tell");
}

/// What being watched changes, where trials of both kinds were run to learn it.
std::vector<std::string> observer_lines(const CellSummary& cell) {
  if (!cell.compares) return {};
  const auto effect = observer_effect(*cell.result, cell.estimate);
  if (!effect) return {};
  std::string text =
      fmt::format("watched {}/{} hits, not watched {}/{}", effect->traced.hits,
                  effect->traced.trials, effect->untraced.hits, effect->untraced.trials);
  if (effect->rate_ratio) {
    text += fmt::format(
        ": rate ratio {:.3g} ({} .. {} with {:g} %{})", *effect->rate_ratio,
        lower_ratio_text(effect->rate_interval.low), upper_ratio_text(effect->rate_interval.high),
        100 * cell.estimate.confidence, effect->widened ? ", widened for bursts" : "");
  }
  text += fmt::format(", {:.3g} events a watched trial", effect->events_per_trial);
  return {text, speed_line(*effect)};
}

/// What the recorder did not see. Rings wrap, so `overwritten` alone limits nothing.
std::string recorder_limit(const TraceCost& cost) {
  std::string text;
  if (cost.dropped > 0) {
    text +=
        plural(cost.dropped, "event was", "events were") + " dropped by programs nested too deep";
  }
  if (cost.missed > 0) {
    text += (text.empty() ? "" : "; ") + plural(cost.missed, "run", "runs") +
            " of a program refused by the kernel because it ran already";
  }
  return text.empty() ? "" : "limit: traces lack some events: " + text;
}

std::string left_out_line(const CellResult& result) {
  std::string text;
  if (result.notes_left_out() > 0)
    text += plural(result.notes_left_out(), "more note", "more notes");
  if (result.kinds_left_out() > 0) {
    text += (text.empty() ? "" : ", ") + plural(result.kinds_left_out(), "trial", "trials") +
            " of further kinds";
  }
  return text.empty() ? "" : "not shown, all in the journal: " + text;
}

}  // namespace

std::string text_table(const Summary& summary, bool colour) {
  std::vector<TextRow> rows = {
      {"reproducer/variant", "trials", "hits",
       fmt::format("rate [{:g} % interval]", 100 * summary.header->confidence), "proof p50 / p99",
       "trials/s", "verdict"}};
  for (const CellSummary& cell : summary.cells) {
    const Tally& tally = cell.result->tally();
    rows.push_back({cell_name(*cell.spec), std::to_string(telling_trials(cell)),
                    std::to_string(tally.reproductions()), rate_text(cell),
                    proof_time_text(*cell.result), speed_text(*cell.result),
                    painted(verdict_text(cell), cell.code, colour)});
  }
  return aligned(rows, {false, true, true, false, true, true, false});
}

std::vector<std::string> cell_lines(const CellSummary& cell) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (!line.empty()) lines.push_back(safe_line(line));
  };
  if (cell.estimate.dispersion.overdispersed) {
    add(fmt::format("hits come in bursts (p = {:.2g}): the interval counts {} trials",
                    cell.estimate.dispersion.p_value, trials_text(cell.estimate.effective_trials)));
  }
  for (const std::string& line : {stated_text(cell), boots_text(cell), bias_text(cell),
                                  search_text(cell), replay_text(*cell.spec)}) {
    add(line);
  }
  for (const std::string& line : observer_lines(cell)) add(line);
  add(recorder_limit(cell.result->trace_cost()));
  if (const std::uint64_t unknown = unknown_trials(cell); unknown > 0) {
    add(plural(unknown, "more trial says nothing", "more trials say nothing") +
        " (infra, inconclusive, stuck, lost)");
  }
  for (const std::string& note : cell.result->notes()) {
    if (note != cell.explanation) add("note: " + note);
  }
  add(left_out_line(*cell.result));
  return lines;
}

std::string text_proofs(const Summary& summary, bool colour) {
  std::string text;
  for (const CellSummary& cell : summary.cells) {
    for (const Proof& proof : proofs_of(cell)) {
      text += fmt::format("{}  {} x {}, first in trial {}\n", cell_name(*cell.spec), proof.count,
                          proof.kind, proof.first_trial);
      for (const std::string& line : proof_lines(proof)) {
        for (const std::string& piece : wrapped("    " + safe_line(line), kColumns, 6)) {
          text += piece + "\n";
        }
      }
    }
  }
  if (text.empty()) return text;
  return bold("what did not simply end", colour) + "\n" + text;
}

std::string text_measurements(const Summary& summary) {
  std::string text;
  for (const CellSummary& cell : summary.cells) {
    if (cell.result->measurements().empty()) continue;
    std::vector<TextRow> rows;
    for (const Measurement& row : cell.result->measurements()) {
      rows.push_back({"    " + row.name, row.value, row.unit});
    }
    text += cell_name(*cell.spec) + "\n" + aligned(rows, {false, true, false});
  }
  return text;
}

}  // namespace hangrate
