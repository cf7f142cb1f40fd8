// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observation: everything seen of one trial that did not simply end; the only input of classify/.
// Verdict: what classify/ makes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/reason.h"
#include "harness/model/trace.h"

namespace hangrate {

/// How a trial was aimed: what held the race window open, and when it was let go.
struct ShotFact {
  std::string plan;  ///< "" = without help
  Nanos delay_ns = 0;
  bool operator==(const ShotFact&) const = default;
};

struct Observation {
  std::string repro;
  std::string variant;
  std::uint64_t trial = 0;
  std::uint64_t worker = 0;
  std::uint32_t lane = 0;
  Nanos trial_start = 0;
  Nanos wedge = 0;   ///< when the thing waited for should have happened
  Nanos opened = 0;  ///< when observation began
  Nanos proven = 0;  ///< when the evidence was complete, 0 = never
  Nanos ended = 0;
  Nanos window = 0;      ///< motionless for so long without a proof: Stuck, not Inconclusive
  Nanos limit = 0;       ///< longest watch without a proof (Variant::healthy_until_ms, scaled)
  Nanos slow_after = 0;  ///< a trial that ends by itself later than this is Slow
  bool parked = true;    ///< false: the worker itself stopped making progress
  std::string phase;
  std::vector<Round> rounds;
  std::vector<Climb> climbs;
  Ending ending = Ending::Finished;
  std::string message;
  ShotFact shot;
  bool traced = false;         ///< the flight recorder watched it
  std::optional<Trace> trace;  ///< nullopt: the trial was not recorded
  bool operator==(const Observation&) const = default;
};

enum class Outcome {
  Clean,
  Anomaly,
  Hang,  ///< proven not to go on by itself
  Slow,
  Skipped,
  Infra,
  Inconclusive,
  LostMachine,
  Stuck,  ///< motionless, nothing proven
};

/// Which rule decided; rule_name() is its name in a journal.
enum class Rule {
  None,
  Proven,           ///< invariant broken, motionless, signature
  ProvenElsewhere,  ///< invariant broken, motionless, at another place
  NothingProven,    ///< motionless, no proof: Stuck
  EndedByItself,
  EndedInTime,  ///< kept for its trace
  WorkerDied,
  Interrupted,
  NoProof,
  VictimHalted,
  VictimMoving,
  PlaceUnknown,         ///< asleep, no source tells where
  SignatureUnreadable,  ///< invariant broken, and what would tell whether it is this bug is silent
  OwnDeadline,          ///< its wait ends by itself
  WentOnByItself,       ///< during the rung `wait`
  TraceContradicts,
  NotOurs,           ///< the task looked at is not the one the trial is about
  NamedForeignTask,  ///< by the worker, which is not believed any more
  Reported,          ///< by the reproducer
  ReproducerFailed,
  ReproducerSkips,  ///< what it began
  NoWorkerStarts,
  LostMachine,
  Other,  ///< of another version; Verdict::told_rule has its name
};

const char* rule_name(Rule rule);
Rule rule_of(std::string_view name);

enum class SignatureMatch { NotApplicable, Match, Other };

/// Four independent axes of a hang, never one label.
enum class HangWhere { Thread, Process };
enum class HangWait { Interruptible, Uninterruptible, Idle, Mixed };
enum class HangKill { Untested, Dies, Survives };
enum class HangRescue { Untested, Freed, NotFreed };

struct Verdict {
  Outcome outcome = Outcome::Inconclusive;
  SignatureMatch signature = SignatureMatch::NotApplicable;
  HangWhere where = HangWhere::Thread;
  HangWait wait = HangWait::Interruptible;
  HangKill kill = HangKill::Untested;
  HangRescue rescue = HangRescue::Untested;
  bool misplaced = false;  ///< a lookalike that stands still elsewhere than it says
  std::optional<Rung> freed_by;
  Rule rule = Rule::None;
  std::string told_rule;        ///< of Rule::Other
  std::vector<Reason> because;  ///< the facts it rests on
  std::vector<Reason> hints;    ///< what to enable for stronger evidence
};

const char* outcome_name(Outcome outcome);
/// Of the verdict: rule_name(), or the name a newer program gave it.
std::string rule_text(const Verdict& verdict);

}  // namespace hangrate
