// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: a cell whose workers, helpers and clock are the test. What the cell answers is one
// short line for each action (action_text.h); wake-ups are left out.
#pragma once

#include <string>
#include <vector>

#include "harness/cell/cell.h"
#include "harness/testing/action_text.h"

namespace hangrate::testing {

using Answers = std::vector<std::string>;

inline Variant sleeper_variant() {
  Variant v;
  v.name = "sleeper";
  v.expect = Expect::Affected;
  Signature signature;
  signature.role = "victim";
  signature.states = "S";
  signature.frames = {{"eventfd_read"}};
  v.signatures = {signature};
  v.ladder = {Rung::Lever, Rung::Kill};
  v.healthy_until_ms = 3000;
  return v;
}

inline CellSpec sleeper_spec(std::uint64_t trials, int workers = 1, std::uint64_t search = 0) {
  CellSpec spec;
  spec.repro = "played";
  spec.variant = "sleeper";
  spec.search = search;
  spec.trials = trials;
  spec.workers = workers;
  spec.manifest.name = "played";
  spec.manifest.variants = {sleeper_variant()};
  return spec;
}

/// A victim that sleeps where the variant says, and has not moved.
inline SampleSet sleeping_victim(Nanos when) {
  TaskSample task;
  task.role = "victim";
  task.pid = 500;
  task.tid = 500;
  task.victim = true;
  task.state = 'S';
  task.switches = 7;
  task.wchan = "eventfd_read";
  task.stack = {"eventfd_read"};
  return {.when = when, .took = 10, .tasks = {task}};
}

inline Sight idle(std::uint64_t done = 0) {
  Sight sight;
  sight.state = WorkerIs::Idle;
  sight.done = done;
  return sight;
}

inline Sight sight_in(WorkerIs state, std::uint64_t trial, std::uint64_t done) {
  Sight sight;
  sight.state = state;
  sight.trial = trial;
  sight.done = done;
  return sight;
}

class PlayedCell {
 public:
  explicit PlayedCell(CellSpec spec, StopRule rule = {}, TraceMode trace = TraceMode::Off)
      : spec_(std::move(spec)),
        result_(spec_),
        cell_({.cell = 0,
               .spec = spec_,
               .rule = rule,
               .recorder = trace != TraceMode::Off,
               .trace = trace,
               .traces_to_keep = 1},
              slowness_, result_, now) {}

  Answers tell(const CellEvent& event) {
    Answers texts = texts_of(cell_.next(event, now));
    std::erase(texts, "wake");
    return texts;
  }
  Answers tell(std::uint64_t worker, SeatEvent event) {
    return tell(OfWorker{worker, std::move(event)});
  }
  Answers look(std::uint64_t worker, const Sight& sight) { return tell(worker, Looked{sight}); }
  Answers wake(int leftovers = 0) { return tell(Woke{leftovers}); }

  /// Worker 1 in lane 0, idle at once: it gets the first lease.
  Answers begin() {
    tell(Began{});
    wake();
    return enter(1);
  }
  Answers enter(std::uint64_t worker, std::uint32_t lane = 0) {
    tell(Started{worker, lane, static_cast<int>(100 + worker)});
    now += 20 * kMilli;
    return look(worker, idle());
  }
  /// `worker` parks in `trial`, having ended `done` trials of its lease; its watch begins.
  Answers park(std::uint64_t worker, std::uint64_t trial, std::uint64_t done) {
    look(worker, sight_in(WorkerIs::Parked, trial, done));
    return look(worker, sight_in(WorkerIs::Parked, trial, done));
  }
  /// Plays the watch of `worker` up to its proof, and gives what follows it. All that is read is a
  /// victim that does not move.
  Answers prove(std::uint64_t worker, Sight sight) {
    sight.invariant = {now, InvariantState::Broken, "as told"};
    return play(worker, sight);
  }
  /// Goes on with that until the watch asks for more than a look.
  Answers play(std::uint64_t worker, const Sight& sight) {
    for (int i = 0; i < 50; ++i) {
      const Answers answers = look(worker, sight);
      if (!answers.empty() && !is_look(answers[0])) return answers;
      tell(worker, Sampled{sleeping_victim(now)});
      now += 2 * kMilli;
    }
    return {};
  }

  Nanos now = 1000 * kSecond;

  const CellResult& result() const { return result_; }
  EndReason end_reason() const { return cell_.end_reason(); }
  bool settled() const { return cell_.settled(now); }
  bool empty() const { return cell_.empty(); }
  std::uint64_t count(Outcome outcome) const { return result_.tally().count(outcome); }

 private:
  static bool is_look(const std::string& answer) {
    return answer.find(" read ") != answer.npos || answer.find(" check") != answer.npos;
  }

  const CellSpec spec_;
  CellResult result_;
  Slowness slowness_;
  Cell cell_;
};

}  // namespace hangrate::testing
