// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/observation.h"

namespace hangrate {

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Clean:
      return "clean";
    case Outcome::Anomaly:
      return "anomaly";
    case Outcome::Hang:
      return "hang";
    case Outcome::Slow:
      return "slow";
    case Outcome::Skipped:
      return "skipped";
    case Outcome::Infra:
      return "infra";
    case Outcome::Inconclusive:
      return "inconclusive";
    case Outcome::LostMachine:
      return "lost_machine";
    case Outcome::Stuck:
      return "stuck";
  }
  return "?";
}

const char* rule_name(Rule rule) {
  switch (rule) {
    case Rule::None:
      return "";
    case Rule::Proven:
      return "invariant broken, motionless, signature";
    case Rule::ProvenElsewhere:
      return "invariant broken, motionless elsewhere";
    case Rule::NothingProven:
      return "motionless, nothing proven";
    case Rule::EndedByItself:
      return "ended by itself";
    case Rule::EndedInTime:
      return "ended in time";
    case Rule::WorkerDied:
      return "worker died";
    case Rule::Interrupted:
      return "interrupted";
    case Rule::NoProof:
      return "no proof";
    case Rule::VictimHalted:
      return "victim halted";
    case Rule::VictimMoving:
      return "victim moving";
    case Rule::PlaceUnknown:
      return "asleep at an unknown place";
    case Rule::SignatureUnreadable:
      return "invariant broken, place unreadable";
    case Rule::OwnDeadline:
      return "a wait with a deadline of its own";
    case Rule::WentOnByItself:
      return "went on by itself";
    case Rule::TraceContradicts:
      return "trace contradicts";
    case Rule::NotOurs:
      return "not the task of the trial";
    case Rule::NamedForeignTask:
      return "the worker named a foreign task";
    case Rule::Reported:
      return "reported by the reproducer";
    case Rule::ReproducerFailed:
      return "the reproducer failed";
    case Rule::ReproducerSkips:
      return "the reproducer skips what it began";
    case Rule::NoWorkerStarts:
      return "no worker starts";
    case Rule::LostMachine:
      return "lost machine";
    case Rule::Other:
      return "other";
  }
  return "?";
}

Rule rule_of(std::string_view name) {
  for (int i = 0; i < static_cast<int>(Rule::Other); ++i) {
    if (name == rule_name(static_cast<Rule>(i))) return static_cast<Rule>(i);
  }
  return Rule::Other;
}

std::string rule_text(const Verdict& verdict) {
  return verdict.rule == Rule::Other ? verdict.told_rule : rule_name(verdict.rule);
}

const char* rung_name(Rung rung) {
  switch (rung) {
    case Rung::Wait:
      return "wait";
    case Rung::StopContinue:
      return "stop-continue";
    case Rung::Lever:
      return "lever";
    case Rung::Kill:
      return "kill";
    case Rung::FuseAbort:
      return "fuse-abort";
    case Rung::PeerClose:
      return "peer-close";
  }
  return "?";
}

std::optional<Rung> rung_of(std::string_view name) {
  for (const Rung rung : {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill, Rung::FuseAbort,
                          Rung::PeerClose}) {
    if (name == rung_name(rung)) return rung;
  }
  return std::nullopt;
}

}  // namespace hangrate
