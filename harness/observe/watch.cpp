// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/observe/watch.h"

#include <algorithm>
#include <csignal>

namespace hangrate {

namespace {

constexpr Nanos kLongestPause = 50 * kMilli;

Nanos times(Nanos span, double factor) {
  return static_cast<Nanos>(static_cast<double>(span) * factor);
}

}  // namespace

WatchLimits WatchLimits::scaled(double factor) {
  WatchLimits limits;
  for (Nanos* span :
       {&limits.window, &limits.known_window, &limits.give_up, &limits.slow_after,
        &limits.stop_limit, &limits.rung_limit, &limits.answer_limit, &limits.reader_limit}) {
    *span = times(*span, std::max(factor, 1.0));
  }
  return limits;
}

Nanos WatchLimits::window_of(const Variant& variant) const {
  return variant.expect == Expect::Lookalike ? known_window : window;
}

Watch::Watch(const Variant& variant, const WatchLimits& limits, Observation opening,
             const std::string& first_rung)
    : variant_(variant),
      limits_(limits),
      ladder_(variant.ladder),
      observation_(std::move(opening)) {
  // `wait` keeps its place: what goes on during it was no hang.
  const auto start = ladder_.begin() + (!ladder_.empty() && ladder_[0] == "wait" ? 1 : 0);
  const auto first = std::find(start, ladder_.end(), first_rung);
  if (first != ladder_.end()) std::rotate(start, first, ladder_.end());
  observation_.window = limits.window_of(variant);
  observation_.slow_after = limits.slow_after;
  pause_ = limits.settle;
}

WatchAction Watch::next(Nanos now) {
  if (stage_ == Stage::Done) return {.ask = Ask::Done};
  if (awaiting_ == Awaiting::Samples)
    return {.ask = Ask::Wait, .until = now + limits_.reader_limit};
  if (awaiting_ == Awaiting::Answer) {
    if (now < answer_due_) return {.ask = Ask::Wait, .until = answer_due_};
    // A worker that does not answer leaves the invariant unknown; the looks go on without it.
    if (stage_ == Stage::Check) {
      checked({now, InvariantState::Unknown, "the worker did not answer"});
    } else {
      pulled(now);
    }
  }
  switch (stage_) {
    case Stage::LookAfter:
      awaiting_ = Awaiting::Samples;
      return {.ask = Ask::Sample};
    case Stage::RungLook:
    case Stage::RungStopLook:
    case Stage::LookBefore:  // the second look of the round reads everything
      awaiting_ = Awaiting::Samples;
      return {.ask = Ask::Glance};
    case Stage::Check:
      if (!observation_.parked) {  // nobody there to answer
        checked({now, InvariantState::Unknown, ""});
        return next(now);
      }
      awaiting_ = Awaiting::Answer;
      answer_due_ = now + limits_.answer_limit;
      return {.ask = Ask::Check};
    case Stage::Settle:
    case Stage::Pause:
    case Stage::RungPause:
    case Stage::RungStopPause:
      if (now < resume_at_) return {.ask = Ask::Wait, .until = resume_at_};
      stage_ = stage_ == Stage::Settle          ? Stage::LookAfter
               : stage_ == Stage::Pause         ? Stage::LookBefore
               : stage_ == Stage::RungStopPause ? Stage::RungStopLook
                                                : Stage::RungLook;
      return next(now);
    case Stage::RungStart:
      return start_rung(now);
    case Stage::RungContinue:
      await_effect(now);
      return {.ask = Ask::Signal, .signal = SIGCONT, .pids = victim_pids()};
    case Stage::Done:
      break;
  }
  return {.ask = Ask::Done};
}

void Watch::sampled(SampleSet samples, Nanos now) {
  if (awaiting_ != Awaiting::Samples) return;
  awaiting_ = Awaiting::Nothing;
  if (stage_ == Stage::LookBefore) {
    round_ = Round{.before = std::move(samples), .invariant = {}, .after = {}};
    stage_ = Stage::Check;
  } else if (stage_ == Stage::LookAfter) {
    round_.after = std::move(samples);
    finish_round(now);
  } else if (stage_ == Stage::RungLook) {
    judge_rung(std::move(samples), now);
  } else if (stage_ == Stage::RungStopLook) {
    judge_stop(samples, now);
  }
}

void Watch::checked(InvariantFinding finding) {
  if (stage_ != Stage::Check) return;
  awaiting_ = Awaiting::Nothing;
  round_.invariant = std::move(finding);
  resume_at_ = round_.before.when + round_.before.took + limits_.settle;
  stage_ = Stage::Settle;
}

void Watch::pulled(Nanos now) {
  if (stage_ == Stage::RungStart && awaiting_ == Awaiting::Answer) {
    awaiting_ = Awaiting::Nothing;
    await_effect(now);
  }
}

/// What was poked takes a moment to go; most are gone before anyone needs to look.
void Watch::await_effect(Nanos now) {
  stage_ = Stage::RungPause;
  resume_at_ = now + limits_.settle;
}

void Watch::keep_round() {
  const bool continues =
      streak_ && motion_between(first_.before, round_.after) == Motion::Motionless;
  if (!continues) first_ = round_;
  streak_ = motion_between(first_.before, round_.after) == Motion::Motionless;
  observation_.rounds.clear();
  if (continues) observation_.rounds.push_back(first_);
  observation_.rounds.push_back(round_);
}

void Watch::finish_round(Nanos now) {
  keep_round();
  const Finding finding = assess(round_, variant_);
  const bool long_enough = streak_ && finding.place_known &&
                           round_.after.when - first_.before.when >= observation_.window;
  if (finding.hit || long_enough) {
    established_ = true;
    observation_.proven = now;
    rung_ = 0;
    stage_ = Stage::RungStart;
    return;
  }
  if (now - observation_.opened >= limits_.give_up) {
    finish(Ending::Abandoned, now);
    return;
  }
  stage_ = Stage::Pause;
  resume_at_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
}

WatchAction Watch::start_rung(Nanos now) {
  if (rung_ >= ladder_.size()) {
    finish(Ending::Abandoned, now);
    return {.ask = Ask::Done};
  }
  const std::string name = ladder_[rung_];
  observation_.rungs.push_back({.name = name, .when = now});
  rung_start_ = now;
  rung_looked_ = false;
  if (name == "stop-continue") {
    stage_ = Stage::RungStopPause;
    resume_at_ = now + limits_.settle;
    return {.ask = Ask::Signal, .signal = SIGSTOP, .pids = victim_pids()};
  }
  if (name == "kill" && all_killed_already()) {
    next_rung(Effect::NotFreed, now, "a SIGKILL is already pending on every victim");
    return next(now);
  }
  if (name == "kill") {
    await_effect(now);
    return {.ask = Ask::Signal, .signal = SIGKILL, .pids = victim_pids()};
  }
  if (name == "wait" || !observation_.parked) {
    if (name == "wait") {  // nothing is poked, so the proof itself is the first look
      rung_before_ = observation_.rounds.back().after;
      rung_looked_ = true;
    }
    await_effect(now);
    return {.ask = Ask::Wait, .until = resume_at_};
  }
  awaiting_ = Awaiting::Answer;  // the reproducer's own lever, under whatever name it goes
  answer_due_ = now + limits_.answer_limit;
  return {.ask = Ask::Lever};
}

/// SIGCONT takes back a SIGSTOP that was not acted on yet, and then nothing woke the victim. So it
/// is continued only once it was seen stopped; one that cannot stop (state D, exiting) is not
/// waited for.
void Watch::judge_stop(const SampleSet& samples, Nanos now) {
  const bool still_awake =
      std::any_of(samples.tasks.begin(), samples.tasks.end(), [](const TaskSample& task) {
        const bool can_stop =
            (task.flags & kFlagExiting) == 0 && (task.state == 'S' || task.state == 'R');
        return task.victim && !task.gone && can_stop;
      });
  const bool wait = still_awake && now - rung_start_ < limits_.stop_limit;
  stage_ = wait ? Stage::RungStopPause : Stage::RungContinue;
  resume_at_ = now + limits_.settle;
}

/// Not freed means: asleep in the old place in two looks without a switch between them. Anything
/// less is given time, because a freed victim may still wait for a CPU.
void Watch::judge_rung(SampleSet samples, Nanos now) {
  const SampleSet& proof = observation_.rounds.back().after;
  const bool still = rung_looked_ && motion_between(rung_before_, samples) == Motion::Motionless &&
                     still_there(proof, samples);
  if (still) return next_rung(Effect::NotFreed, now);
  if (now - rung_start_ >= limits_.rung_limit) {
    return next_rung(Effect::Unknown, now, "neither freed nor asleep as before");
  }
  rung_before_ = std::move(samples);
  rung_looked_ = true;
  await_effect(now);
}

void Watch::next_rung(Effect effect, Nanos now, const std::string& note) {
  Rung& rung = observation_.rungs.back();
  rung.effect = effect;
  rung.took = now - rung.when;
  rung.note = note;
  ++rung_;
  stage_ = Stage::RungStart;
}

void Watch::released(Nanos when) {
  if (stage_ == Stage::Done) return;
  if (!established_) return finish(Ending::Finished, when);
  if (observation_.rungs.empty()) {
    // It moved by itself between the proof and the first rung.
    observation_.rungs.push_back({.name = "wait", .when = observation_.proven});
  }
  Rung& rung = observation_.rungs.back();
  rung.effect = Effect::Freed;
  rung.took = when - rung.when;
  finish(Ending::Freed, when);
}

void Watch::worker_gone(const std::string& how, Nanos now) {
  if (stage_ == Stage::Done) return;
  observation_.message = how;
  const bool by_us =
      established_ && !observation_.rungs.empty() && observation_.rungs.back().name == "kill";
  if (!by_us) return finish(Ending::WorkerDied, now);
  observation_.rungs.back().effect = Effect::Freed;
  observation_.rungs.back().took = now - observation_.rungs.back().when;
  finish(Ending::Freed, now);
}

void Watch::interrupt(Nanos now) {
  if (stage_ != Stage::Done) finish(Ending::Interrupted, now);
}

void Watch::finish(Ending ending, Nanos now) {
  observation_.ending = ending;
  observation_.ended = now;
  stage_ = Stage::Done;
}

/// Did the proof see every victim asleep with SIGKILL pending? Then another one tells nothing new.
bool Watch::all_killed_already() const {
  constexpr std::uint64_t kKillBit = 1ull << (SIGKILL - 1);
  const std::vector<TaskSample>& tasks = observation_.rounds.back().after.tasks;
  return std::all_of(tasks.begin(), tasks.end(), [](const TaskSample& task) {
    const bool dead = task.gone || task.state == 'Z' || task.state == 'X';
    return !task.victim || dead || ((task.pending | task.shared_pending) & kKillBit) != 0;
  });
}

std::vector<int> Watch::victim_pids() const {
  std::vector<int> pids;
  for (const TaskSample& task : observation_.rounds.back().after.tasks) {
    const bool known = std::find(pids.begin(), pids.end(), task.pid) != pids.end();
    if (task.victim && !task.gone && !known) pids.push_back(task.pid);
  }
  return pids;
}

}  // namespace hangrate
