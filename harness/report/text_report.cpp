// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "harness/report/summary.h"

namespace hangrate {

namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kRed = "\033[31m";
constexpr const char* kGreen = "\033[32m";
constexpr const char* kYellow = "\033[33m";
constexpr const char* kPlain = "\033[0m";

std::string painted(const std::string& text, const char* colour, bool enabled) {
  return enabled ? colour + text + kPlain : text;
}

const char* colour_of(CellVerdict verdict) {
  switch (exit_code(verdict)) {
    case 0:
      return kGreen;
    case 1:
      return kRed;
    default:
      return kYellow;
  }
}

/// Three significant digits of a probability, in percent.
std::string percent(double p) {
  if (p <= 0.0) return "0";
  if (p >= 0.9995 && p < 1.0) return fmt::format("{:.3f}", 100 * p);
  return fmt::format("{:.3g}", 100 * p);
}

std::string rate_text(const CellSummary& cell) {
  if (cell.expectation == Expectation::Measures || cell.estimate.trials == 0) return "-";
  return fmt::format("{} % [{}, {}]", percent(cell.estimate.point),
                     percent(cell.estimate.interval.low), percent(cell.estimate.interval.high));
}

std::string proof_text(const CellResult& result) {
  if (result.proof_time().count() == 0) return "-";
  return fmt::format("{:.1f} / {:.1f} ms", to_ms(result.proof_time().quantile(0.5)),
                     to_ms(result.proof_time().quantile(0.99)));
}

std::string speed_text(const CellResult& result) {
  const double speed = result.trials_per_second();
  if (speed <= 0) return "-";
  return speed >= 100 ? fmt::format("{:.0f}", speed) : fmt::format("{:.3g}", speed);
}

std::uint64_t unknown_trials(const Tally& tally) {
  return tally.attempted() - tally.conclusive() - tally.count(Outcome::Skipped);
}

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> width(right.size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      if (i > 0) line += "  ";
      line += right[i] ? fmt::format("{:>{}}", row[i], width[i])
              : last   ? row[i]
                       : fmt::format("{:<{}}", row[i], width[i]);
    }
    text += line + "\n";
  }
  return text;
}

std::string proof_of(const std::string& kind, const KindOfTrial& sample, const CellSpec& spec) {
  const Observation& seen = sample.first.observation;
  const Verdict& verdict = sample.first.verdict;
  std::string text = fmt::format("{}  {} x {}, first in trial {}\n", cell_name(spec), sample.count,
                                 kind, seen.trial);
  for (const std::string& fact : verdict.because) text += "    " + fact + "\n";
  if (seen.proven != 0) {
    text += fmt::format("    established {:.1f} ms after it should have gone on\n",
                        to_ms(seen.proven - seen.wedge));
  }
  for (const Rung& rung : seen.rungs) {
    const char* effect = rung.effect == Effect::Freed      ? "freed it"
                         : rung.effect == Effect::NotFreed ? "did not free it"
                                                           : "effect not seen";
    const std::string what =
        rung.name == "lever" ? "lever (" + spec.manifest.lever + ")" : rung.name;
    const std::string note = rung.note.empty() ? "" : ": " + rung.note;
    text += fmt::format("    {}: {} ({:.1f} ms){}\n", what, effect, to_ms(rung.took), note);
  }
  if (seen.ending == Ending::Abandoned && verdict.outcome == Outcome::Hang) {
    text += "    nothing freed it: left behind\n";
  }
  for (const std::string& hint : verdict.hints) text += "    hint: " + hint + "\n";
  return text;
}

}  // namespace

std::string text_table(const Summary& summary, bool colour) {
  std::vector<Row> rows = {{"reproducer/variant", "trials", "hits",
                            fmt::format("rate [{:g} % interval]", 100 * summary.header->confidence),
                            "proof p50 / p99", "trials/s", "verdict"}};
  const std::vector<bool> right = {false, true, true, false, true, true, false};
  for (const CellSummary& cell : summary.cells) {
    const Tally& tally = cell.result->tally();
    rows.push_back({cell_name(*cell.spec), std::to_string(tally.conclusive()),
                    std::to_string(tally.reproductions()), rate_text(cell),
                    proof_text(*cell.result), speed_text(*cell.result),
                    painted(cell_verdict_name(cell.verdict), colour_of(cell.verdict), colour)});
  }
  std::string text = painted("kernel " + kernel_phrase(summary), kBold, colour) + "\n" +
                     aligned(rows, right) + "\n";
  for (const CellSummary& cell : summary.cells) {
    text += fmt::format("{}: {}\n", cell_name(*cell.spec), cell.explanation);
    if (cell.estimate.dispersion.overdispersed) {
      text +=
          fmt::format("    hits come in bursts (p = {:.2g}): the interval counts {:.0f} trials\n",
                      cell.estimate.dispersion.p_value, cell.estimate.effective_trials);
    }
    const std::uint64_t unknown = unknown_trials(cell.result->tally());
    if (unknown > 0) {
      text += fmt::format("    {} more trials say nothing (infra, inconclusive)\n", unknown);
    }
    for (const std::string& note : cell.result->notes()) {
      if (note != cell.explanation) text += "    note: " + note + "\n";
    }
  }
  return text;
}

std::string text_proofs(const Summary& summary, bool colour) {
  std::string text;
  for (const CellSummary& cell : summary.cells) {
    for (const auto& [kind, sample] : cell.result->kinds()) {
      if (sample.first.verdict.outcome == Outcome::Slow) continue;
      text += proof_of(kind, sample, *cell.spec);
    }
  }
  if (text.empty()) return text;
  return painted("what did not simply end", kBold, colour) + "\n" + text;
}

std::string text_measurements(const Summary& summary) {
  std::string text;
  for (const CellSummary& cell : summary.cells) {
    if (cell.result->measurements().empty()) continue;
    std::vector<Row> rows;
    for (const Measurement& row : cell.result->measurements()) {
      rows.push_back({"    " + row.name, row.value, row.unit});
    }
    text += cell_name(*cell.spec) + "\n" + aligned(rows, {false, true, false});
  }
  return text;
}

}  // namespace hangrate
