// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/proof.h"
#include "harness/report/rounding.h"
#include "harness/report/safe_text.h"

namespace hangrate::html {

namespace {

/// What did not simply end, as far as there is any.
std::string other_outcomes(const Tally& tally) {
  const std::pair<const char*, std::uint64_t> counts[] = {
      {"Anomalies", tally.anomalies()},
      {"Other hangs", tally.other_hangs()},
      {"Slow", tally.count(Outcome::Slow)},
      {"Stuck", tally.count(Outcome::Stuck)},
      {"Inconclusive", tally.count(Outcome::Inconclusive)},
      {"Infrastructure", tally.count(Outcome::Infra)},
      {"Lost with the machine", tally.count(Outcome::LostMachine)},
      {"Skipped", tally.count(Outcome::Skipped)}};
  std::string text;
  for (const auto& [name, count] : counts) {
    if (count > 0) text += fact(name, std::to_string(count));
  }
  return text;
}

std::string spread(const Histogram& spans) {
  if (spans.count() == 0) return "";
  return fmt::format("{:.1f} / {:.1f} / {:.1f} ms", to_ms(spans.quantile(0.5)),
                     to_ms(spans.quantile(0.99)), to_ms(spans.max()));
}

std::string method_text(const CellSummary& cell) {
  const RateEstimate& estimate = cell.estimate;
  if (!has_rate(cell)) return "";
  std::string text = markup_line(estimate.method);
  if (estimate.dispersion.overdispersed) {
    text += fmt::format("; hits come in bursts (p = {:.2g}), {} count as {}",
                        estimate.dispersion.p_value, plural(estimate.trials, "trial", "trials"),
                        trials_text(estimate.effective_trials));
  }
  return text;
}

std::string params_text(const CellSpec& spec) {
  std::string text;
  for (const auto& [name, value] : spec.params) {
    text += (text.empty() ? "" : ", ") + name + "=" + value;
  }
  return markup_line(text);
}

std::string numbers(const Row& row, std::size_t index) {
  const CellSummary& cell = row.summary.cells[index];
  const CellResult& result = *cell.result;
  const Tally& tally = result.tally();
  std::string text = "<dl class=\"facts\">\n";
  text += fact("Hits", std::to_string(tally.hits()));
  text += fact("Conclusive trials", std::to_string(tally.conclusive()));
  text += fact("Attempted", std::to_string(tally.attempted()));
  if (has_rate(cell)) {
    text += fact("Rate", rate_text(cell));
    if (cell.estimate.hits == 0) {
      text += fact("Excluded", fmt::format("from {} % up, with {:g} %",
                                           upper_text(cell.judgement.excluded_rate, Unit::Percent),
                                           100 * cell.estimate.confidence));
    }
    text += fact("Interval", method_text(cell));
  }
  text += fact("Before measuring", markup_line(search_text(cell)));
  text += fact("By boot", boot_rates(row, index));
  text += other_outcomes(tally);
  text += fact("Expected", expectation_name(cell.expectation));
  text += wide_fact("Expected because", markup_line(expectation_text(cell)));
  text += fact("Proof p50 / p99 / max", spread(result.proof_time()));
  text += fact("Cost of a hit p50 / p99 / max", spread(result.hit_cost()));
  text += fact("Time", fmt::format("{:.1f} s", to_seconds(result.elapsed())));
  if (result.trials_per_second() > 0) text += fact("Trials per second", speed_text(result));
  text += fact("Stopped by", end_name(result.end_reason()));
  text += fact("Parameters", params_text(*cell.spec));
  text += fact("Seed", std::to_string(cell.spec->seed));
  return text + "</dl>\n";
}

std::string list(const char* title, const char* element, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string text = fmt::format("<h6>{}</h6>\n<{}>\n", title, element);
  for (const std::string& item : items) text += "<li>" + markup_line(item) + "</li>\n";
  return text + fmt::format("</{}>\n", element);
}

std::string stack(const VictimStack& victim) {
  std::string lines;
  for (const std::string& frame : victim.frames) lines += markup_line(frame) + "\n";
  if (lines.empty()) {
    lines =
        "stack not read" + (victim.absent.empty() ? "" : ": " + markup_line(victim.absent)) + "\n";
  }
  return fmt::format("<p class=\"who\">{}</p>\n<pre tabindex=\"0\">{}</pre>\n",
                     markup_line(victim.who), lines);
}

/// Text, because its columns are what is read.
std::string explanation(const Proof& proof) {
  if (proof.explanation.empty()) return "";
  std::string lines;
  for (const std::string& line : proof.explanation) lines += markup_line(line) + "\n";
  return "<h6>What the trace shows</h6>\n<pre tabindex=\"0\">" + lines + "</pre>\n";
}

std::string evidence(const Proof& proof, bool open) {
  std::string text =
      fmt::format("<details{}>\n<summary>{} × {}, first in trial {}</summary>\n",
                  open ? " open" : "", proof.count, markup_line(proof.kind), proof.first_trial);
  std::vector<std::string> facts = proof.facts;
  if (!proof.established.empty()) facts.push_back(proof.established);
  text += list("What it rests on", "ul", facts);
  if (!proof.victims.empty()) text += "<h6>Victims, innermost function first</h6>\n";
  for (const VictimStack& victim : proof.victims) text += stack(victim);
  text += explanation(proof);
  text += list("What was tried to free it", "ol", proof.rescue);
  text += list("For stronger evidence", "ul", proof.hints);
  return text + "</details>\n";
}

std::string measurements(const CellResult& result) {
  if (result.measurements().empty()) return "";
  std::string rows;
  for (const Measurement& row : result.measurements()) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td>{}</td></tr>\n",
                        markup_line(row.name), markup_line(row.value), markup_line(row.unit));
  }
  return scrolling(
      "Measurements",
      "<table>\n<caption>Measurements</caption>\n<thead><tr><th scope=\"col\">What</th>"
      "<th scope=\"col\" class=\"num\">Value</th><th scope=\"col\">Unit</th></tr></thead>\n"
      "<tbody>\n" +
          rows + "</tbody>\n</table>\n");
}

}  // namespace

std::string cell_article(const Row& row, std::size_t row_number, std::size_t index) {
  const CellSummary& cell = row.summary.cells[index];
  const std::string id = cell_id(row_number, index);
  std::string text = fmt::format(
      "<article class=\"{1}\" id=\"{0}\" aria-labelledby=\"{0}-name\">\n"
      "<h5 id=\"{0}-name\">{2} {3}</h5>\n<p>{4}</p>\n",
      id, verdict_class(cell), markup_line(cell_name(*cell.spec)), badge(cell),
      markup_line(cell.explanation));
  text += numbers(row, index);
  std::vector<std::string> notes;
  for (const std::string& note : cell.result->notes()) {
    if (note != cell.explanation) notes.push_back(note);
  }
  text += list("Notes", "ul", notes) + measurements(*cell.result);
  const bool open = cell.code == 1;
  for (const Proof& proof : proofs_of(cell)) text += evidence(proof, open);
  return text + "</article>\n";
}

}  // namespace hangrate::html
