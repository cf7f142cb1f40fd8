// SPDX-License-Identifier: GPL-2.0-or-later
//
// Watch: the supervision of one trial that did not end in time, as a state machine without effects.
// It says what to do next (look, ask the worker, poke, wait); the engine does it and tells it what
// came of it. Evidence first: nothing is poked before a hang is established, passive rungs first.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/assess.h"
#include "harness/model/manifest.h"
#include "harness/model/observation.h"

namespace hangrate {

/// Spans in ns, scaled by how slow this machine is.
struct WatchLimits {
  Nanos settle = kMilli;              ///< between the two looks of a round
  Nanos window = 2 * kSecond;         ///< motionlessness demanded of a hang of another kind
  Nanos known_window = 100 * kMilli;  ///< the same where the manifest declares such a hang
  Nanos give_up = 5 * kSecond;        ///< after this without proof: inconclusive
  Nanos slow_after = 100 * kMilli;
  Nanos stop_limit = 100 * kMilli;    ///< for a victim to be seen stopped before it is continued
  Nanos rung_limit = 300 * kMilli;    ///< an effect not seen by then is unknown
  Nanos answer_limit = 100 * kMilli;  ///< for the worker's answer to a command
  Nanos reader_limit = 500 * kMilli;  ///< for the /proc reader

  static WatchLimits scaled(double factor);
  Nanos window_of(const Variant& variant) const;
};

enum class Ask {
  Sample,  ///< read /proc of the parties in full, then call sampled()
  Glance,  ///< read only what tells motion, then call sampled()
  Check,   ///< have the worker evaluate the invariant, then call checked()
  Lever,   ///< have the worker pull its lever, then call pulled()
  Signal,  ///< send `signal` to `pids`; nothing to report back
  Wait,    ///< nothing to do before `until`
  Done,    ///< observation() is complete
};

struct WatchAction {
  Ask ask = Ask::Wait;
  int signal = 0;
  std::vector<int> pids;
  Nanos until = 0;
};

class Watch {
 public:
  /// `first_rung`: begin the ladder there, "" at its start; the rungs before it come last.
  Watch(const Variant& variant, const WatchLimits& limits, Observation opening,
        const std::string& first_rung = {});

  /// What to do now. Asks for one thing at a time; Wait while an answer is outstanding.
  WatchAction next(Nanos now);

  void sampled(SampleSet samples, Nanos now);
  void checked(InvariantFinding finding);
  void pulled(Nanos now);
  /// The worker says that everything the trial waited for has ended, at `when`.
  void released(Nanos when);
  void worker_gone(const std::string& how, Nanos now);
  void interrupt(Nanos now);
  /// The flight recorder's account of the trial so far.
  void recorded(Trace trace) { observation_.trace = std::move(trace); }

  bool done() const { return stage_ == Stage::Done; }
  bool established() const { return established_; }
  const Observation& observation() const { return observation_; }

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
    RungPause,  // the ladder
    Done,
  };
  enum class Awaiting { Nothing, Samples, Answer };

  void finish_round(Nanos now);
  void keep_round();
  void next_rung(Effect effect, Nanos now, const std::string& note = {});
  WatchAction start_rung(Nanos now);
  void await_effect(Nanos now);
  void judge_rung(SampleSet samples, Nanos now);
  void judge_stop(const SampleSet& samples, Nanos now);
  void finish(Ending ending, Nanos now);
  std::vector<int> victim_pids() const;
  bool all_killed_already() const;

  const Variant& variant_;
  const WatchLimits limits_;
  std::vector<std::string> ladder_;
  Observation observation_;
  Stage stage_ = Stage::LookBefore;
  Awaiting awaiting_ = Awaiting::Nothing;
  Nanos answer_due_ = 0;
  Nanos resume_at_ = 0;
  Nanos pause_ = 0;
  Round round_;
  Round first_;  ///< first round of the motionless streak
  bool streak_ = false;
  bool established_ = false;
  std::size_t rung_ = 0;
  Nanos rung_start_ = 0;
  SampleSet rung_before_;
  bool rung_looked_ = false;
};

}  // namespace hangrate
