// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/trial_verdict.h"

#include <algorithm>

#include "harness/classify/trace_witness.h"
#include "harness/judge/assess.h"

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
      verdict.because.push_back("a SIGKILL is pending on the " + task.role + " and it sleeps on");
    }
  }
  for (const Rung& rung : observation.rungs) {
    if (rung.effect == Effect::Freed) {
      verdict.freed_by = rung.name;
      verdict.rescue = HangRescue::Freed;
      if (rung.name == "kill") verdict.kill = HangKill::Dies;
    } else if (rung.effect == Effect::NotFreed) {
      if (rung.name == "kill") verdict.kill = HangKill::Survives;
      if (verdict.rescue == HangRescue::Untested) verdict.rescue = HangRescue::NotFreed;
    }
  }
}

/// Motionless from the first to the last recorded round, for at least the window demanded?
bool motionless_for_window(const Observation& observation) {
  if (observation.rounds.empty()) return false;
  const SampleSet& first = observation.rounds.front().before;
  const SampleSet& last = observation.rounds.back().after;
  return motion_between(first, last) == Motion::Motionless &&
         last.when - first.when >= observation.window;
}

Verdict not_a_hang(const Observation& observation, const Variant& variant) {
  Verdict verdict;
  const Nanos took = observation.ended - observation.wedge;
  switch (observation.ending) {
    case Ending::Finished:
      verdict.outcome = took >= observation.slow_after ? Outcome::Slow : Outcome::Clean;
      verdict.rule = "ended by itself";
      verdict.because.push_back("ended by itself " + std::to_string(took / kMicro) +
                                " us after it should have");
      return verdict;
    case Ending::WorkerDied:
      verdict.outcome = Outcome::Infra;
      verdict.rule = "worker died";
      verdict.because.push_back(observation.message);
      return verdict;
    case Ending::Freed:
    case Ending::Abandoned:
    case Ending::Interrupted:
      break;
  }
  verdict.outcome = Outcome::Inconclusive;
  verdict.rule = observation.ending == Ending::Interrupted ? "interrupted" : "no proof";
  if (observation.rounds.empty()) {
    verdict.because.push_back("nothing was seen of it");
    return verdict;
  }
  const Finding finding = assess(observation.rounds.back(), variant);
  switch (finding.motion) {
    case Motion::Halted:
      verdict.rule = "victim halted";
      verdict.because.push_back("the victim is stopped by a signal or a tracer");
      break;
    case Motion::Moving:
      verdict.rule = "victim moving";
      verdict.because.push_back("the victim runs, waits for a CPU, or moved between two looks");
      break;
    case Motion::Unknown:
      verdict.because.push_back("the sources do not tell");
      break;
    case Motion::Gone:
      verdict.because.push_back("the victim is gone");
      break;
    case Motion::Motionless:
      verdict.because.push_back("asleep, but not long enough");
      break;
  }
  verdict.because.insert(verdict.because.end(), finding.because.begin(), finding.because.end());
  verdict.hints = finding.hints;
  return verdict;
}

}  // namespace

Verdict classify(const Observation& observation, const Variant& variant) {
  if (observation.rounds.empty()) return not_a_hang(observation, variant);
  const Finding finding = assess(observation.rounds.back(), variant);
  const bool other = !finding.hit && motionless_for_window(observation);
  if (!finding.hit && !other) return not_a_hang(observation, variant);

  Verdict verdict;
  verdict.because = finding.because;
  verdict.hints = finding.hints;
  if (other && !finding.place_known) {
    verdict.outcome = Outcome::Inconclusive;
    verdict.rule = "asleep at an unknown place";
    return verdict;
  }
  if (other && finding.invariant == InvariantState::Broken &&
      finding.signature == SignatureMatch::NotApplicable) {
    verdict.outcome = Outcome::Inconclusive;
    verdict.rule = "invariant broken, place unreadable";
    return verdict;
  }
  const bool by_itself = std::any_of(
      observation.rungs.begin(), observation.rungs.end(),
      [](const Rung& rung) { return rung.name == "wait" && rung.effect == Effect::Freed; });
  if (by_itself) {  // whatever it was, it was no hang
    verdict.outcome = Outcome::Inconclusive;
    verdict.rule = "went on by itself";
    return verdict;
  }
  const TraceWitness witness = trace_witness(observation);
  if (witness.state == WitnessState::Contradicts) {  // two sources that disagree prove nothing
    verdict.outcome = Outcome::Inconclusive;
    verdict.rule = "trace contradicts";
    verdict.because.push_back(witness.text);
    return verdict;
  }
  if (witness.state == WitnessState::Confirms) verdict.because.push_back(witness.text);
  if (witness.state == WitnessState::Silent && !witness.text.empty()) {
    verdict.hints.push_back(witness.text);
  }
  verdict.outcome = Outcome::Hang;
  verdict.signature = finding.hit ? SignatureMatch::Match : SignatureMatch::Other;
  verdict.rule = finding.hit ? "invariant broken, motionless, signature" : "motionless elsewhere";
  fill_axes(observation, verdict);
  return verdict;
}

}  // namespace hangrate
