// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of Seat that accounts for the trials of a lease: each gets one record.
#include <algorithm>

#include "harness/cell/seat.h"

namespace hangrate {

namespace {

constexpr Nanos kTrialPatience = 3600 * kSecond;

}  // namespace

/// With --trace always: of a trial that simply ended, whose lease was of one.
bool Seat::keeps_trace(const Turn& turn) const {
  const bool wanted = sight_.traced && turn.cell.keep_traces;
  return wanted && lease_.count == 1 && done() == 1 && accounted_ == 0;
}

void Seat::keep_trace(const Traced& event, Turn& turn) {
  TrialRecord record{
      .cell = turn.cell.cell, .observation = opening(lease_.first, false, turn), .verdict = {}};
  record.observation.ended = turn.now;
  record.observation.slow_after = kTrialPatience;  // it came in time, or it would have been watched
  record.observation.trace = event.trace;
  record.verdict.outcome = Outcome::Clean;
  record.verdict.rule = Rule::EndedInTime;
  ++accounted_;
  turn.act(Emit{std::move(record)});
}

void Seat::finish_lease(Turn& turn) {
  account_clean(done(), turn);
  turn.act(LeaseDone{.trials = done(),
                     .took = turn.now - lease_start_,
                     .undisturbed = undisturbed_,
                     .search = lease_.first < turn.cell.spec.search,
                     .traced = sight_.traced});
  drop_lease(turn);
  state_ = Idle{};
  turn.act(Ready{spare_});
}

void Seat::account_clean(std::uint64_t upto, Turn& turn) {
  upto = std::min(upto, lease_.count);
  if (upto <= accounted_) return;
  turn.act(Emit{BatchRecord{turn.cell.cell, lane_, id_, lease_.first + accounted_,
                            upto - accounted_, sight_.traced}});
  accounted_ = upto;
}

/// The trial in flight ended with `outcome` by the word of its reproducer or by the end of its
/// worker. One that was watched first has a verdict already; where that was an ending by itself,
/// what the reproducer says of it counts more.
void Seat::report_trial(Outcome outcome, Rule rule, const std::string& text, Turn& turn) {
  undisturbed_ = false;
  account_clean(done(), turn);
  const bool held_is_over = held_ && held_->observation.trial - lease_.first < done();
  if (held_ && !held_is_over && held_->observation.trial == sight_.trial) {
    if (outcome != Outcome::Clean) {
      held_->observation.message = text;
      held_->verdict.outcome = outcome;
      held_->verdict.rule = rule;
      held_->verdict.because = {told(text)};
    }
    return emit_held(turn);
  }
  emit_held(turn);
  // A worker that died between two trials failed the one it did not get to.
  const std::uint64_t at = std::max(offset().value_or(accounted_), done());
  if (at < accounted_ || at >= lease_.count) {
    if (outcome != Outcome::Clean) {
      turn.note("a trial that has its verdict then ended like this: " + text);
    }
    return;
  }
  account_clean(at, turn);
  if (outcome == Outcome::Clean) return account_clean(at + 1, turn);
  record_plain(outcome, rule, text, turn);
}

/// A trial whose outcome needs no observation.
void Seat::record_plain(Outcome outcome, Rule rule, const std::string& text, Turn& turn) {
  TrialRecord record{.cell = turn.cell.cell,
                     .observation = opening(lease_.first + accounted_, true, turn),
                     .verdict = {}};
  record.observation.ended = turn.now;
  record.observation.message = text;
  record.verdict.outcome = outcome;
  record.verdict.rule = rule;
  record.verdict.because = {told(text)};
  ++accounted_;
  turn.act(Emit{std::move(record)});
}

void Seat::emit_held(Turn& turn) {
  if (!held_) return;
  TrialRecord record = std::move(*held_);
  held_.reset();
  if (record.verdict.outcome != Outcome::Clean) return turn.act(Emit{std::move(record)});
  turn.act(Emit{BatchRecord{turn.cell.cell, lane_, id_, record.observation.trial, 1,
                            record.observation.traced}});
}

Observation Seat::opening(std::uint64_t trial, bool parked, const Turn& turn) const {
  Observation o;
  o.repro = turn.cell.spec.repro;
  o.variant = turn.cell.spec.variant;
  o.trial = trial;
  o.worker = id_;
  o.lane = lane_;
  o.trial_start = sight_.trial_start;
  o.opened = turn.now;
  o.wedge = parked ? sight_.wedge : o.trial_start;
  o.parked = parked;
  o.phase = sight_.phase;
  // A worker that died between two trials left the shot of the one before.
  if (sight_.trial == trial) o.shot = sight_.shot;
  o.traced = sight_.traced;
  return o;
}

}  // namespace hangrate
