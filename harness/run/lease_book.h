// SPDX-License-Identifier: GPL-2.0-or-later
//
// LeaseBook: which trial indices are still to be handed out. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "harness/stats/range_set.h"

namespace hangrate {

class LeaseBook {
 public:
  /// Every index of [first, first + planned) that is not in `recorded`.
  LeaseBook(std::uint64_t first, std::uint64_t planned, const RangeSet& recorded) {
    std::uint64_t from = first;
    while (const auto gap = recorded.next_gap(from, first + planned)) {
      free_.push_back(*gap);
      from = gap->first + gap->count;
    }
  }

  bool empty() const { return free_.empty(); }

  /// Up to `most` consecutive indices; count 0 when there are none.
  IndexRange take(std::uint64_t most) {
    if (free_.empty()) return {};
    IndexRange& front = free_.front();
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
  std::deque<IndexRange> free_;
};

}  // namespace hangrate
