// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/proof.h"

#include <fmt/format.h>

#include "harness/classify/explain.h"
#include "harness/report/explanation_text.h"
#include "harness/report/format.h"

namespace hangrate {

namespace {

const char* effect_words(Effect effect) {
  switch (effect) {
    case Effect::Freed:
      return "freed it";
    case Effect::NotFreed:
      return "did not free it";
    case Effect::Unknown:
      return "effect not seen";
  }
  return "?";
}

std::string rung_text(const Rung& rung, const std::string& lever) {
  const bool named = rung.name == "lever" && !lever.empty();
  return fmt::format("{}: {} ({:.1f} ms){}", named ? "lever (" + lever + ")" : rung.name,
                     effect_words(rung.effect), to_ms(rung.took),
                     rung.note.empty() ? "" : ": " + rung.note);
}

VictimStack stack_of(const TaskSample& task) {
  VictimStack stack;
  stack.who = fmt::format("{} ({})", task.role, task.tid);
  if (!task.comm.empty()) stack.who += " " + task.comm;
  stack.who += fmt::format(", state {}", task.state);
  if (!task.syscall_name.empty()) stack.who += ", in " + task.syscall_name;
  if (!task.wchan.empty()) stack.who += ", at " + task.wchan;
  stack.frames = task.stack;
  for (const Absence& absence : task.absent) {
    if (absence.source == "stack") stack.absent = absence.reason;
  }
  return stack;
}

std::vector<VictimStack> victims_of(const Observation& seen) {
  std::vector<VictimStack> victims;
  if (seen.rounds.empty()) return victims;
  const Round& last = seen.rounds.back();
  const SampleSet& look = last.after.tasks.empty() ? last.before : last.after;
  for (const TaskSample& task : look.tasks) {
    if (task.victim && !task.gone) victims.push_back(stack_of(task));
  }
  return victims;
}

Proof proof_of(const std::string& kind, const KindOfTrial& sample, const CellSpec& spec,
               const Environment& machine) {
  const Observation& seen = sample.first.observation;
  const Verdict& verdict = sample.first.verdict;
  Proof proof;
  proof.kind = kind;
  proof.count = sample.count;
  proof.first_trial = seen.trial;
  proof.facts = verdict.because;
  if (!seen.shot.plan.empty()) {
    proof.facts.push_back("aimed: " + aimed_text(seen.shot.plan, seen.shot.delay_ns));
  }
  if (seen.proven != 0) {
    proof.established = fmt::format("established {:.1f} ms after it should have gone on",
                                    to_ms(seen.proven - seen.wedge));
  }
  for (const Rung& rung : seen.rungs) proof.rescue.push_back(rung_text(rung, spec.manifest.lever));
  if (seen.ending == Ending::Abandoned && verdict.outcome == Outcome::Hang) {
    proof.rescue.push_back("nothing freed it: left behind");
  }
  proof.hints = verdict.hints;
  proof.victims = victims_of(seen);
  if (const TrialRecord* traced = sample.with_trace()) {
    proof.explanation = explanation_lines(explain(traced->observation, traced->verdict, machine));
    if (traced != &sample.first && !proof.explanation.empty()) {
      proof.explanation.insert(proof.explanation.begin(),
                               fmt::format("from the trace of trial {}, the first of these that "
                                           "was recorded:",
                                           traced->observation.trial));
    }
  }
  return proof;
}

}  // namespace

std::vector<Proof> proofs_of(const CellSummary& cell) {
  std::vector<Proof> proofs;
  const Environment machine = cell.environment != nullptr ? *cell.environment : Environment{};
  for (const auto& [kind, sample] : cell.result->kinds()) {
    if (sample.first.verdict.outcome == Outcome::Slow) continue;
    proofs.push_back(proof_of(kind, sample, *cell.spec, machine));
  }
  return proofs;
}

std::vector<std::string> proof_lines(const Proof& proof) {
  std::vector<std::string> lines = proof.facts;
  if (!proof.established.empty()) lines.push_back(proof.established);
  lines.insert(lines.end(), proof.rescue.begin(), proof.rescue.end());
  for (const std::string& hint : proof.hints) lines.push_back("hint: " + hint);
  lines.insert(lines.end(), proof.explanation.begin(), proof.explanation.end());
  return lines;
}

}  // namespace hangrate
