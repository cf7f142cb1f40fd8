// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/trial_verdict.h"

#include <algorithm>

#include "harness/classify/trace_witness.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kKillBit = 1ull << 8;  // SIGKILL in a pending mask of proc_pid_status(5)

HangWait wait_of(const SampleSet& samples) {
  bool interruptible = false;
  bool uninterruptible = false;
  bool idle = false;
  for (const TaskSample& task : samples.tasks) {
    if (!task.victim || task.gone) continue;
    interruptible = interruptible || task.state == 'S';
    uninterruptible = uninterruptible || task.state == 'D';
    idle = idle || task.state == 'I';
  }
  const int kinds = (interruptible ? 1 : 0) + (uninterruptible ? 1 : 0) + (idle ? 1 : 0);
  if (kinds > 1) return HangWait::Mixed;
  if (uninterruptible) return HangWait::Uninterruptible;
  return idle ? HangWait::Idle : HangWait::Interruptible;
}

void fill_axes(const Observation& observation, Verdict& verdict) {
  const SampleSet& last = observation.rounds.back().after;
  verdict.wait = wait_of(last);
  for (const TaskSample& task : last.tasks) {
    if (!task.victim || task.gone) continue;
    if (task.pid == task.tid) verdict.where = HangWhere::Process;
    const bool killed = ((task.pending | task.shared_pending) & kKillBit) != 0;
    if (killed && verdict.kill == HangKill::Untested) {
      verdict.kill = HangKill::Survives;
      verdict.because.push_back({ReasonCode::KillPending, {task.role}});
    }
  }
  for (const Climb& climb : observation.climbs) {
    if (climb.cleanup) continue;
    if (climb.effect == Effect::Freed) {
      verdict.freed_by = climb.rung;
      verdict.rescue = HangRescue::Freed;
      if (climb.rung == Rung::Kill) verdict.kill = HangKill::Dies;
    } else if (climb.effect == Effect::NotFreed) {
      if (climb.rung == Rung::Kill) verdict.kill = HangKill::Survives;
      if (verdict.rescue == HangRescue::Untested) verdict.rescue = HangRescue::NotFreed;
    }
  }
}

Reason number(ReasonCode code, Nanos span, Nanos unit) {
  return {code, {std::to_string(span / unit)}};
}

/// What is said of a trial that did not stand still, by what the last look found.
void tell_motion(const Finding& finding, Verdict& verdict) {
  switch (finding.motion) {
    case Motion::Halted:
      verdict.rule = Rule::VictimHalted;
      verdict.because.push_back({ReasonCode::Halted, {}});
      break;
    case Motion::Moving:
      verdict.rule = Rule::VictimMoving;
      verdict.because.push_back({ReasonCode::Moving, {}});
      break;
    case Motion::Foreign:
      verdict.rule = Rule::NotOurs;
      verdict.because.push_back({ReasonCode::NotOurs, {}});
      break;
    case Motion::Unknown:
      verdict.because.push_back({ReasonCode::SourcesSilent, {}});
      break;
    case Motion::Gone:
      verdict.because.push_back({ReasonCode::Gone, {}});
      break;
    case Motion::Motionless:
      verdict.because.push_back({ReasonCode::AsleepTooShort, {}});
      break;
  }
}

void add_finding(const Finding& finding, Verdict& verdict) {
  verdict.because.insert(verdict.because.end(), finding.because.begin(), finding.because.end());
  verdict.hints = finding.hints;
}

/// Nothing was proven, and the time that a healthy trial may take is over.
Verdict unproven(const Evidence& evidence, const Observation& observation) {
  Verdict verdict;
  verdict.rule = observation.ending == Ending::Interrupted ? Rule::Interrupted : Rule::NoProof;
  if (observation.rounds.empty()) {
    verdict.because.push_back({ReasonCode::Unwatched, {}});
    return verdict;
  }
  const Finding& finding = evidence.finding;
  if (!evidence.motionless || observation.ending == Ending::Interrupted) {
    tell_motion(finding, verdict);
    add_finding(finding, verdict);
    return verdict;
  }
  verdict.outcome = Outcome::Stuck;
  verdict.rule = finding.own_deadline   ? Rule::OwnDeadline
                 : !finding.place_known ? Rule::PlaceUnknown
                 : finding.invariant == InvariantState::Broken &&
                         finding.signature == SignatureMatch::NotApplicable
                     ? Rule::SignatureUnreadable
                     : Rule::NothingProven;
  verdict.wait = wait_of(observation.rounds.back().after);
  verdict.because.push_back(number(ReasonCode::NothingProven, evidence.motionless_for, kMilli));
  add_finding(finding, verdict);
  return verdict;
}

Verdict not_a_hang(const Evidence& evidence, const Observation& observation) {
  Verdict verdict;
  const Nanos took = observation.ended - observation.wedge;
  switch (observation.ending) {
    case Ending::Finished:
      verdict.outcome = took >= observation.slow_after ? Outcome::Slow : Outcome::Clean;
      verdict.rule = Rule::EndedByItself;
      verdict.because.push_back(number(ReasonCode::EndedByItself, took, kMicro));
      return verdict;
    case Ending::WorkerDied:
      if (evidence.motionless) break;  // it stood still, whatever became of its worker
      verdict.outcome = Outcome::Infra;
      verdict.rule = Rule::WorkerDied;
      verdict.because.push_back(told(observation.message));
      return verdict;
    case Ending::Freed:
    case Ending::Abandoned:
    case Ending::GivenUp:
    case Ending::Interrupted:
      break;
  }
  return unproven(evidence, observation);
}

/// A control that hangs in another way says where. Somewhere else is not what it is to show.
void check_own_place(const Observation& observation, const Variant& variant, Verdict& verdict) {
  const bool stands =
      verdict.outcome == Outcome::Stuck ||
      (verdict.outcome == Outcome::Hang && verdict.signature == SignatureMatch::Other);
  if (!stands || variant.own_place.empty()) return;
  const SampleSet& last = observation.rounds.back().after;
  verdict.misplaced = match_signatures(last, variant.own_place) == SignatureMatch::Other;
  verdict.because.push_back(
      {verdict.misplaced ? ReasonCode::NotOwnPlace : ReasonCode::OwnPlace, {}});
}

Verdict hang(const Evidence& evidence, const Observation& observation) {
  Verdict verdict;
  add_finding(evidence.finding, verdict);
  const bool by_itself = std::any_of(
      observation.climbs.begin(), observation.climbs.end(),
      [](const Climb& climb) { return climb.rung == Rung::Wait && climb.effect == Effect::Freed; });
  if (by_itself) {  // whatever it was, it was no hang
    verdict.rule = Rule::WentOnByItself;
    return verdict;
  }
  const TraceWitness witness = trace_witness(observation);
  if (witness.state == WitnessState::Contradicts) {  // two sources that disagree prove nothing
    verdict.rule = Rule::TraceContradicts;
    verdict.because.push_back({ReasonCode::Trace, {witness.text}});
    return verdict;
  }
  if (witness.state == WitnessState::Confirms) {
    verdict.because.push_back({ReasonCode::Trace, {witness.text}});
  }
  if (witness.state == WitnessState::Silent && !witness.text.empty()) {
    verdict.hints.push_back({ReasonCode::Trace, {witness.text}});
  }
  const bool match = evidence.proof == Proof::Match;
  verdict.outcome = Outcome::Hang;
  verdict.signature = match ? SignatureMatch::Match : SignatureMatch::Other;
  verdict.rule = match ? Rule::Proven : Rule::ProvenElsewhere;
  fill_axes(observation, verdict);
  return verdict;
}

}  // namespace

Evidence evidence_of(const Observation& observation, const Variant& variant) {
  Evidence evidence;
  if (observation.rounds.empty()) return evidence;
  const Round& first = observation.rounds.front();
  const Round& last = observation.rounds.back();
  evidence.finding = assess(last, variant);
  evidence.motionless_for = last.after.when - first.before.when;
  evidence.motionless = motion_between(first.before, last.after) == Motion::Motionless &&
                        evidence.motionless_for >= observation.window;
  evidence.proof = evidence.finding.proof;
  if (evidence.proof != Proof::Other) return evidence;
  const bool lasting = evidence.motionless && assess(first, variant).proof == Proof::Other;
  if (!lasting) evidence.proof = Proof::None;
  return evidence;
}

Verdict judge_trial(const Evidence& evidence, const Observation& observation,
                    const Variant& variant) {
  Verdict verdict = evidence.proof != Proof::None ? hang(evidence, observation)
                                                  : not_a_hang(evidence, observation);
  check_own_place(observation, variant, verdict);
  return verdict;
}

}  // namespace hangrate
