// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/proof.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/classify/explain.h"
#include "harness/report/explanation_text.h"
#include "harness/report/format.h"
#include "harness/report/reason_text.h"

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
    case Effect::NotTried:
      return "not tried";
  }
  return "?";
}

const char* note_words(ClimbNote note) {
  switch (note) {
    case ClimbNote::None:
      return "";
    case ClimbNote::KillPending:
      return "a SIGKILL is already pending on every victim";
    case ClimbNote::NeitherSeen:
      return "neither freed nor asleep as before";
    case ClimbNote::NoAnswer:
      return "the worker did not answer";
    case ClimbNote::NobodyToPull:
      return "the worker itself is the victim";
    case ClimbNote::Refused:
      return "the reproducer has none here";
  }
  return "?";
}

std::string climb_text(const Climb& climb, const std::string& lever) {
  const bool named = climb.rung == Rung::Lever && !lever.empty();
  const std::string name = named ? "lever (" + lever + ")" : rung_name(climb.rung);
  const std::string note = climb.told.empty() ? note_words(climb.note) : climb.told;
  std::string text = (climb.cleanup ? "cleanup: " : "") + name + ": " + effect_words(climb.effect);
  if (climb.effect != Effect::NotTried) text += fmt::format(" ({:.1f} ms)", to_ms(climb.took));
  return text + (note.empty() ? "" : ": " + note);
}

/// How a trial ended that nothing freed: only what was really tried has failed.
std::string left_text(const Observation& seen) {
  const bool tried = std::any_of(seen.climbs.begin(), seen.climbs.end(), [](const Climb& climb) {
    return climb.rung != Rung::Wait && climb.effect != Effect::NotTried;
  });
  return tried ? "nothing that was tried freed it: left behind" : "nothing was tried: left behind";
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
  for (const Reason& reason : verdict.because) proof.facts.push_back(reason_text(reason));
  if (!seen.shot.plan.empty()) {
    proof.facts.push_back("aimed: " + aimed_text(seen.shot.plan, seen.shot.delay_ns));
  }
  if (seen.proven != 0) {
    proof.established = fmt::format("established {:.1f} ms after it should have gone on",
                                    to_ms(seen.proven - seen.wedge));
  }
  for (const Climb& climb : seen.climbs) {
    proof.rescue.push_back(climb_text(climb, spec.manifest.lever));
  }
  if (seen.ending == Ending::Abandoned && verdict.outcome == Outcome::Hang) {
    proof.rescue.push_back(left_text(seen));
  }
  if (seen.ending == Ending::GivenUp) {
    proof.rescue.push_back(fmt::format("ended by cleanup {:.1f} s after it should have gone on",
                                       to_seconds(seen.ended - seen.wedge)));
  }
  for (const Reason& hint : verdict.hints) proof.hints.push_back(reason_text(hint));
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
