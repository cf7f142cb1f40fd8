// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/observe/watch.h"

#include <algorithm>
#include <csignal>

namespace hangrate {

namespace {

/// The pause between two rounds doubles up to the first of these, and grows with the time that the
/// trial is watched up to the second: what stands still for minutes need not be looked at often.
constexpr Nanos kUsualPause = 50 * kMilli;
constexpr Nanos kLongestPause = kSecond;
constexpr Nanos kPausesPerWatch = 32;

/// A slow machine gets a multiple of the time that is healthy, but not of a span so generous as
/// often as of the others.
constexpr double kMostPatience = 4.0;

Nanos times(Nanos span, double factor) {
  return static_cast<Nanos>(static_cast<double>(span) * factor);
}

}  // namespace

WatchLimits WatchLimits::scaled(double factor) {
  WatchLimits limits;
  limits.factor = std::max(factor, 1.0);
  for (Nanos* span : {&limits.window, &limits.slow_after, &limits.stop_limit, &limits.rung_limit,
                      &limits.answer_limit, &limits.reader_limit}) {
    *span = times(*span, limits.factor);
  }
  return limits;
}

Nanos WatchLimits::healthy_until(const Variant& variant) const {
  return times(variant.healthy_until_ms * kMilli, std::min(factor, kMostPatience));
}

Watch::Watch(const Variant& variant, const WatchLimits& limits, Observation opening,
             std::optional<Rung> first_rung)
    : variant_(variant),
      limits_(limits),
      ladder_(variant.ladder),
      observation_(std::move(opening)) {
  // `wait` keeps its place: what goes on during it was no hang.
  const auto start = ladder_.begin() + (!ladder_.empty() && ladder_[0] == Rung::Wait ? 1 : 0);
  const auto first = first_rung ? std::find(start, ladder_.end(), *first_rung) : ladder_.end();
  if (first != ladder_.end()) std::rotate(start, first, ladder_.end());
  observation_.limit = limits.healthy_until(variant);
  observation_.window = std::min(limits.window, observation_.limit);
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
    if (stage_ == Stage::Check || stage_ == Stage::RungCheck) {
      checked({now, InvariantState::Unknown, "the worker did not answer"});
    } else if (stage_ == Stage::RungStart) {
      awaiting_ = Awaiting::Nothing;
      observation_.climbs.back().note = ClimbNote::NoAnswer;
      await_effect(now);
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
      return ask_invariant(now);
    case Stage::RungCheck:
      return ask_invariant(now);
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
      return {.ask = Ask::Signal, .signal = SIGCONT, .pokes = victims()};
    case Stage::Done:
      break;
  }
  return {.ask = Ask::Done};
}

WatchAction Watch::ask_invariant(Nanos now) {
  awaiting_ = Awaiting::Answer;
  answer_due_ = now + limits_.answer_limit;
  return {.ask = Ask::Check};
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
  if (stage_ == Stage::RungCheck) return checked_after_rung(finding);
  if (stage_ != Stage::Check) return;
  awaiting_ = Awaiting::Nothing;
  round_.invariant = std::move(finding);
  resume_at_ = round_.before.when + round_.before.took + limits_.settle;
  stage_ = Stage::Settle;
}

void Watch::pulled(bool did, Nanos now) {
  if (stage_ != Stage::RungStart || awaiting_ != Awaiting::Answer) return;
  awaiting_ = Awaiting::Nothing;
  if (!did) return next_rung(Effect::NotTried, now, ClimbNote::Refused);
  await_effect(now);
}

/// What was poked takes a moment to go; most are gone before anyone needs to look.
void Watch::await_effect(Nanos now) {
  stage_ = Stage::RungPause;
  resume_at_ = now + limits_.settle;
}

void Watch::keep_round() {
  bool continues = streak_ && motion_between(first_.before, round_.after) == Motion::Motionless;
  // A proof that must last begins with the first round that has it, not with the first that was
  // still: the worker may have answered late, or the invariant broke only then.
  const bool proof_begins = continues && assess(first_, variant_).proof == Proof::None &&
                            assess(round_, variant_).proof == Proof::Other;
  if (proof_begins) continues = false;
  if (!continues) first_ = round_;
  streak_ = motion_between(first_.before, round_.after) == Motion::Motionless;
  observation_.rounds.clear();
  if (continues) observation_.rounds.push_back(first_);
  observation_.rounds.push_back(round_);
}

void Watch::finish_round(Nanos now) {
  keep_round();
  evidence_ = evidence_of(observation_, variant_);
  if (evidence_.proof != Proof::None) {
    established_ = true;
    observation_.proven = now;
    rung_ = 0;
    stage_ = Stage::RungStart;
    return;
  }
  if (patience_is_over(now)) return clean_up();
  stage_ = Stage::Pause;
  const Nanos longest =
      std::clamp((now - observation_.opened) / kPausesPerWatch, kUsualPause, kLongestPause);
  resume_at_ = now + pause_;
  const Nanos end = observation_.opened + observation_.limit;
  if (now < end) resume_at_ = std::min(resume_at_, end);
  pause_ = std::min(2 * pause_, longest);
}

Nanos Watch::latest_end() const {
  const auto rungs = static_cast<Nanos>(ladder_.size() + 1);
  const Nanos looks = limits_.reader_limit + limits_.answer_limit;
  return observation_.opened + 2 * observation_.limit + observation_.window + looks +
         rungs * (limits_.rung_limit + limits_.stop_limit + 2 * looks);
}

/// What stands still when the time is over may have begun only now: it gets its window.
bool Watch::patience_is_over(Nanos now) const {
  const Nanos watched = now - observation_.opened;
  if (watched < observation_.limit) return false;
  return evidence_.motionless || !streak_ || watched >= observation_.limit + observation_.window;
}

/// Nothing is proven. The evidence is kept as it is; what follows only ends the trial.
void Watch::clean_up() {
  cleaning_ = true;
  std::erase_if(ladder_, [](Rung rung) {
    return rung == Rung::Wait || rung == Rung::StopContinue || rung == Rung::Kill;
  });
  if (!observation_.parked) ladder_.clear();  // nobody there to pull
  rung_ = 0;
  stage_ = Stage::RungStart;
}

WatchAction Watch::start_rung(Nanos now) {
  if (rung_ >= ladder_.size()) {
    finish(cleaning_ ? Ending::GivenUp : Ending::Abandoned, now);
    return {.ask = Ask::Done};
  }
  const Rung rung = ladder_[rung_];
  observation_.climbs.push_back({.rung = rung, .when = now, .cleanup = cleaning_});
  rung_start_ = now;
  rung_looked_ = false;
  goes_on_ = false;
  switch (rung) {
    case Rung::Wait:  // nothing is poked, so the proof itself is the first look
      rung_before_ = observation_.rounds.back().after;
      rung_looked_ = true;
      await_effect(now);
      return {.ask = Ask::Wait, .until = resume_at_};
    case Rung::StopContinue:
      stage_ = Stage::RungStopPause;
      resume_at_ = now + limits_.settle;
      return {.ask = Ask::Signal, .signal = SIGSTOP, .pokes = victims()};
    case Rung::Kill:
      if (all_killed_already()) {
        next_rung(Effect::NotTried, now, ClimbNote::KillPending);
        return next(now);
      }
      await_effect(now);
      return {.ask = Ask::Signal, .signal = SIGKILL, .pokes = victims()};
    case Rung::Lever:
    case Rung::FuseAbort:
    case Rung::PeerClose:
      break;
  }
  if (!observation_.parked) {
    next_rung(Effect::NotTried, now, ClimbNote::NobodyToPull);
    return next(now);
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
/// less is given time, because a freed victim may still wait for a CPU. One that ran since the
/// proof may have been freed and sleep there for another reason, which its invariant tells.
void Watch::judge_rung(SampleSet samples, Nanos now) {
  const Round& proof = observation_.rounds.back();
  const bool still = rung_looked_ && motion_between(rung_before_, samples) == Motion::Motionless &&
                     still_there(proof.after, samples);
  const bool ran = motion_between(proof.after, samples) != Motion::Motionless;
  if (still && ran && observation_.parked && proof.invariant.state == InvariantState::Broken) {
    stage_ = Stage::RungCheck;
    return;
  }
  if (still) return not_freed(now);
  if (!has_time(now)) {
    return next_rung(Effect::Unknown, now, ClimbNote::NeitherSeen);
  }
  rung_before_ = std::move(samples);
  rung_looked_ = true;
  await_effect(now);
}

/// A lever whose puller did not answer was perhaps never pulled: it is not said to have failed.
void Watch::not_freed(Nanos now) {
  const bool unanswered = observation_.climbs.back().note == ClimbNote::NoAnswer;
  next_rung(unanswered ? Effect::Unknown : Effect::NotFreed, now,
            unanswered ? ClimbNote::NoAnswer : ClimbNote::None);
}

/// A trial that goes on may end by itself, and has as much time for that as a healthy one. What is
/// not known is no failure of the rung.
void Watch::checked_after_rung(const InvariantFinding& finding) {
  awaiting_ = Awaiting::Nothing;
  if (finding.state == InvariantState::Broken) return not_freed(finding.when);
  goes_on_ = finding.state == InvariantState::Holds;
  if (!has_time(finding.when)) {
    return next_rung(Effect::Unknown, finding.when, ClimbNote::NeitherSeen);
  }
  rung_looked_ = false;
  stage_ = Stage::RungPause;
  resume_at_ = finding.when + std::max(limits_.settle, (finding.when - rung_start_) / 4);
  if (goes_on_) resume_at_ = std::min(resume_at_, observation_.proven + observation_.limit);
}

bool Watch::has_time(Nanos now) const {
  if (goes_on_ && now - observation_.proven < observation_.limit) return true;
  return now - rung_start_ < limits_.rung_limit;
}

void Watch::next_rung(Effect effect, Nanos now, ClimbNote note) {
  Climb& climb = observation_.climbs.back();
  climb.effect = effect;
  climb.took = now - climb.when;
  climb.note = note;
  ++rung_;
  stage_ = Stage::RungStart;
}

void Watch::released(Nanos when) {
  if (stage_ == Stage::Done) return;
  if (!established_ && !cleaning_) return finish(Ending::Finished, when);
  const auto tried =
      std::find_if(observation_.climbs.rbegin(), observation_.climbs.rend(),
                   [](const Climb& climb) { return climb.effect != Effect::NotTried; });
  const bool none = tried == observation_.climbs.rend();
  if (none && cleaning_) return finish(Ending::Finished, when);
  // Without a poke it moved by itself between the proof and now.
  if (none) observation_.climbs.push_back({.rung = Rung::Wait, .when = observation_.proven});
  Climb& climb = none ? observation_.climbs.back() : *tried;
  climb.effect = Effect::Freed;
  climb.took = when - climb.when;
  climb.note = ClimbNote::None;
  finish(cleaning_ ? Ending::GivenUp : Ending::Freed, when);
}

void Watch::worker_gone(const std::string& how, Nanos now) {
  if (stage_ == Stage::Done) return;
  observation_.message = how;
  const bool by_us =
      established_ && !observation_.climbs.empty() && observation_.climbs.back().rung == Rung::Kill;
  if (!by_us) return finish(cleaning_ ? Ending::GivenUp : Ending::WorkerDied, now);
  observation_.climbs.back().effect = Effect::Freed;
  observation_.climbs.back().took = now - observation_.climbs.back().when;
  finish(Ending::Freed, now);
}

void Watch::interrupt(Nanos now) {
  if (stage_ == Stage::Done) return;
  // While it is being cleaned up everything there was to see has been seen.
  finish(cleaning_ ? Ending::GivenUp : Ending::Interrupted, now);
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
    return !task.victim || !alive(task) || ((task.pending | task.shared_pending) & kKillBit) != 0;
  });
}

std::vector<Poke> Watch::victims() const {
  std::vector<Poke> pokes;
  for (const TaskSample& task : observation_.rounds.back().after.tasks) {
    const bool known = std::any_of(pokes.begin(), pokes.end(),
                                   [&](const Poke& poke) { return poke.pid == task.pid; });
    if (task.victim && !task.gone && !known) {
      pokes.push_back({task.pid, task.tid, task.started.value_or(0)});
    }
  }
  return pokes;
}

}  // namespace hangrate
