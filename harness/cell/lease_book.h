// SPDX-License-Identifier: GPL-2.0-or-later
//
// LeaseBook: which trial indices are still to be handed out. Measuring begins when the search is
// over, so no lease has trials of both. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "harness/stats/range_set.h"

namespace hangrate {

class LeaseBook {
 public:
  /// The search of [first, search), if that holds any, and `planned` trials behind it, as far as
  /// they are not in `recorded`.
  LeaseBook(std::uint64_t first, std::uint64_t search, std::uint64_t planned,
            const RangeSet& recorded)
      : first_(first), border_(std::max(first, search)) {
    std::uint64_t from = first;
    while (const auto gap = recorded.next_gap(from, border_ + planned)) {
      free_.push_back(*gap);
      from = gap->first + gap->count;
    }
    settle(recorded);
  }

  /// Has every search trial its record?
  bool searched(const RangeSet& recorded) const {
    return !recorded.next_gap(first_, border_).has_value();
  }
  /// If so, trials are measured from now on.
  void settle(const RangeSet& recorded) { searching_ = searching_ && !searched(recorded); }
  bool searching() const { return searching_; }

  bool empty() const { return free_.empty(); }

  /// Up to `most` consecutive indices; count 0 when there are none, or none yet.
  IndexRange take(std::uint64_t most) {
    if (free_.empty()) return {};
    IndexRange& front = free_.front();
    if (searching_ && front.first >= border_) return {};  // the last of the search are not back yet
    if (searching_) most = std::min(most, border_ - front.first);
    const IndexRange lease{front.first, std::min(most, front.count)};
    front.first += lease.count;
    front.count -= lease.count;
    if (front.count == 0) free_.pop_front();
    return lease;
  }

  /// Takes back what a lease did not use.
  void give_back(const IndexRange& rest) {
    if (rest.count == 0) return;
    if (!free_.empty() && rest.first + rest.count == free_.front().first) {
      free_.front().first = rest.first;
      free_.front().count += rest.count;
    } else {
      free_.push_front(rest);
    }
  }

 private:
  std::uint64_t first_;
  std::uint64_t border_;  ///< where measuring begins
  bool searching_ = true;
  std::deque<IndexRange> free_;
};

}  // namespace hangrate
