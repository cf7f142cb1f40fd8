// SPDX-License-Identifier: GPL-2.0-or-later
//
// WatchQueue: which events are told now, at most so many hangs, spinning tasks and troubles a
// minute. What comes beyond that waits for room as long as it stands, the oldest first; what is
// over before it was told is only counted. Pure.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "harness/report/line_quota.h"
#include "harness/waits/watch_event.h"

namespace hangrate {

class WatchQueue {
 public:
  static constexpr std::size_t kMostWaiting = 1000;  ///< the others are only counted

  explicit WatchQueue(int most_lines) : quota_(most_lines) {}

  struct Turn {
    int missed = 0;  ///< were not told in a minute that is over
    std::vector<WatchEvent> told;
  };
  Turn take(const WatchEvent& event, Nanos now);
  /// Were not told in this minute, for the one who ends.
  int missed_so_far(Nanos now) { return quota_.missed_so_far(now); }

 private:
  enum class Kind { Hang, Spinner };
  using Key = std::pair<Kind, int>;

  void tell_late(Nanos now, Turn& turn);
  void begin(const Key& key, const WatchEvent& event, Nanos now, Turn& turn);
  void end(const Key& key, const WatchEvent& event, Turn& turn);

  LineQuota quota_;
  std::map<Key, WatchEvent> waiting_;
  std::set<Key> untold_;  ///< they stand, and there was no room to let them wait
};

}  // namespace hangrate
