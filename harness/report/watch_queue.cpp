// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/watch_queue.h"

namespace hangrate {

WatchQueue::Turn WatchQueue::take(const WatchEvent& event, Nanos now) {
  Turn turn;
  turn.missed = quota_.missed(now);
  if (const auto* over = std::get_if<watched::HangOver>(&event)) {
    end({Kind::Hang, over->hang.id}, event, turn);
  } else if (const auto* ended = std::get_if<watched::SpinningOver>(&event)) {
    end({Kind::Spinner, ended->id}, event, turn);
  }
  tell_late(now, turn);
  if (const auto* hang = std::get_if<watched::Hang>(&event)) {
    begin({Kind::Hang, hang->hang.id}, event, now, turn);
  } else if (const auto* spinning = std::get_if<watched::Spinning>(&event)) {
    begin({Kind::Spinner, spinning->id}, event, now, turn);
  } else if (std::holds_alternative<watched::Trouble>(event)) {
    if (quota_.take(now)) turn.told.push_back(event);
  } else if (std::holds_alternative<watched::Gone>(event)) {
    turn.missed += quota_.missed_so_far(now);
    turn.told.push_back(event);
  } else if (std::holds_alternative<watched::Begun>(event)) {
    turn.told.push_back(event);
  }
  return turn;
}

void WatchQueue::tell_late(Nanos now, Turn& turn) {
  while (!waiting_.empty() && quota_.has_room(now)) {
    quota_.take(now);
    turn.told.push_back(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

void WatchQueue::begin(const Key& key, const WatchEvent& event, Nanos now, Turn& turn) {
  if (quota_.take(now)) {
    turn.told.push_back(event);
  } else if (waiting_.size() < kMostWaiting) {
    waiting_.emplace(key, event);
  } else {
    untold_.insert(key);
  }
}

/// Of what was not told the end is not told either.
void WatchQueue::end(const Key& key, const WatchEvent& event, Turn& turn) {
  if (waiting_.erase(key) == 0 && untold_.erase(key) == 0) turn.told.push_back(event);
}

}  // namespace hangrate
