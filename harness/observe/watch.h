// SPDX-License-Identifier: GPL-2.0-or-later
//
// Watch: the supervision of one trial that did not end in time, as a state machine without effects.
// It says what to do next (look, ask the worker, poke, wait); the engine does it and tells it what
// came of it. Evidence first: nothing is poked before a hang is established, passive rungs first.
// A trial of which nothing is proven is left alone for as long as a healthy one may take; then only
// the reproducer's own lever is tried, to end it, and no signal is sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/judge/trial_verdict.h"
#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate {

/// Spans in ns, scaled by how slow this machine is.
struct WatchLimits {
  Nanos settle = kMilli;       ///< between the two looks of a round
  Nanos window = 2 * kSecond;  ///< motionlessness demanded of what is not this bug
  Nanos slow_after = 100 * kMilli;
  Nanos stop_limit = 100 * kMilli;    ///< for a victim to be seen stopped before it is continued
  Nanos rung_limit = 300 * kMilli;    ///< an effect not seen by then is unknown
  Nanos answer_limit = 100 * kMilli;  ///< for the worker's answer to a command
  Nanos reader_limit = 500 * kMilli;  ///< for the /proc reader

  double factor = 1;  ///< what they were scaled by

  static WatchLimits scaled(double factor);
  /// How long a trial is left alone while nothing is proven.
  Nanos healthy_until(const Variant& variant) const;
};

enum class Ask {
  Sample,  ///< read /proc of the parties in full, then call sampled()
  Glance,  ///< read only what tells motion, then call sampled()
  Check,   ///< have the worker evaluate the invariant, then call checked()
  Lever,   ///< have the worker pull its lever, then call pulled()
  Signal,  ///< send `signal` to `pokes`; nothing to report back
  Wait,    ///< nothing to do before `until`
  Done,    ///< observation() is complete
};

/// Whom a signal is for: the process of a victim that was looked at.
struct Poke {
  int pid = 0;
  int tid = 0;
  std::uint64_t started = 0;  ///< of the task, 0 = not known; see TaskSample
  bool operator==(const Poke&) const = default;
};

struct WatchAction {
  Ask ask = Ask::Wait;
  int signal = 0;
  std::vector<Poke> pokes;
  Nanos until = 0;
};

class Watch {
 public:
  /// `first_rung`: begin the ladder there, else at its start; the rungs before it come last.
  Watch(const Variant& variant, const WatchLimits& limits, Observation opening,
        std::optional<Rung> first_rung = std::nullopt);

  /// What to do now. Asks for one thing at a time; Wait while an answer is outstanding.
  WatchAction next(Nanos now);

  void sampled(SampleSet samples, Nanos now);
  void checked(InvariantFinding finding);
  /// The worker's answer: whether it did pull it.
  void pulled(bool did, Nanos now);
  /// The worker says that everything the trial waited for has ended, at `when`.
  void released(Nanos when);
  void worker_gone(const std::string& how, Nanos now);
  void interrupt(Nanos now);
  /// The flight recorder's account of the trial so far.
  void recorded(Trace trace) { observation_.trace = std::move(trace); }

  bool done() const { return stage_ == Stage::Done; }
  /// When it is done at the latest, if every look is answered in time.
  Nanos latest_end() const;
  bool established() const { return established_; }
  const WatchLimits& limits() const { return limits_; }
  const Observation& observation() const { return observation_; }
  /// What the verdict rests on, from before the first poke.
  const Evidence& evidence() const { return evidence_; }

 private:
  enum class Stage {
    LookBefore,
    Check,
    Settle,
    LookAfter,
    Pause,  // gathering evidence
    RungStart,
    RungStopPause,
    RungStopLook,
    RungContinue,
    RungLook,
    RungCheck,
    RungPause,  // the ladder
    Done,
  };
  enum class Awaiting { Nothing, Samples, Answer };

  void finish_round(Nanos now);
  void keep_round();
  bool patience_is_over(Nanos now) const;
  void clean_up();
  void next_rung(Effect effect, Nanos now, ClimbNote note = ClimbNote::None);
  WatchAction start_rung(Nanos now);
  void await_effect(Nanos now);
  void judge_rung(SampleSet samples, Nanos now);
  void not_freed(Nanos now);
  bool has_time(Nanos now) const;
  void checked_after_rung(const InvariantFinding& finding);
  WatchAction ask_invariant(Nanos now);
  void judge_stop(const SampleSet& samples, Nanos now);
  void finish(Ending ending, Nanos now);
  std::vector<Poke> victims() const;
  bool all_killed_already() const;

  const Variant& variant_;
  const WatchLimits limits_;
  std::vector<Rung> ladder_;
  Observation observation_;
  Evidence evidence_;
  Stage stage_ = Stage::LookBefore;
  Awaiting awaiting_ = Awaiting::Nothing;
  Nanos answer_due_ = 0;
  Nanos resume_at_ = 0;
  Nanos pause_ = 0;
  Round round_;
  Round first_;  ///< first round of the motionless streak
  bool streak_ = false;
  bool established_ = false;
  bool cleaning_ = false;  ///< nothing was proven: the rungs only end the trial
  std::size_t rung_ = 0;
  Nanos rung_start_ = 0;
  SampleSet rung_before_;
  bool rung_looked_ = false;
  bool goes_on_ = false;  ///< its invariant holds since this rung
};

}  // namespace hangrate
