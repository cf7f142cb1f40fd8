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
  Nanos window = 0;      ///< how long a hang of another kind must be motionless
  Nanos slow_after = 0;  ///< a trial that ends by itself later than this is Slow
  bool parked = true;    ///< false: the worker itself stopped making progress
  std::string phase;
  std::vector<Round> rounds;
  std::vector<Rung> rungs;
  Ending ending = Ending::Finished;
  std::string message;
  ShotFact shot;
  bool traced = false;         ///< the flight recorder watched it
  std::optional<Trace> trace;  ///< nullopt: the trial was not recorded
  bool operator==(const Observation&) const = default;
};

enum class Outcome { Clean, Anomaly, Hang, Slow, Skipped, Infra, Inconclusive, LostMachine };

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
  std::string freed_by;              ///< rung name, "" if none
  std::string rule;                  ///< which rule decided
  std::vector<std::string> because;  ///< one sentence per fact it rests on
  std::vector<std::string> hints;    ///< what to enable for stronger evidence
};

const char* outcome_name(Outcome outcome);

}  // namespace hangrate
