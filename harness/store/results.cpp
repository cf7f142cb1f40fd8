// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/results.h"

#include "harness/judge/trial_verdict.h"
#include "harness/store/journal.h"

namespace hangrate {

/// By what was seen of it. What a reproducer, a worker's end or a lost machine said is no
/// judgement, and nothing that was seen says it again.
static bool was_judged(Rule rule) {
  for (const Rule told : {Rule::NamedForeignTask, Rule::Reported, Rule::ReproducerFailed,
                          Rule::ReproducerSkips, Rule::NoWorkerStarts, Rule::LostMachine}) {
    if (rule == told) return false;
  }
  return true;
}

std::optional<TrialRecord> judged_again(const Record& record, const RunHeader& header) {
  const auto* trial = std::get_if<TrialRecord>(&record);
  if (trial == nullptr || trial->observation.rounds.empty()) return std::nullopt;
  if (!was_judged(trial->verdict.rule)) return std::nullopt;
  TrialRecord again = *trial;
  again.verdict = judge_trial(again.observation, header.cells[again.cell].variant_spec());
  return again;
}

Result<LoadedRun> load_run(const std::string& path, bool reclassify) {
  LoadedRun run;
  auto stats = read_journal(
      path,
      [&](const RunHeader& header) -> Result<void> {
        run.header = header;
        for (const CellSpec& spec : run.header.cells) run.cells.emplace_back(spec);
        return {};
      },
      [&](const Record& record) {
        const auto again = reclassify ? judged_again(record, run.header) : std::nullopt;
        if (!again) return run.cells[cell_of(record)].apply(record);
        const Verdict& before = std::get<TrialRecord>(record).verdict;
        if (kind_of(again->verdict) != kind_of(before)) ++run.reclassified;
        run.cells[again->cell].apply(*again);
      });
  if (!stats) return fail(stats.error());
  run.cut_off = stats->cut_off;
  run.unknown_records = stats->unknown;
  return run;
}

}  // namespace hangrate
