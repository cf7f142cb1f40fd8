// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/stats/range_set.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "harness/base/check.h"

namespace hangrate {

std::uint64_t RangeSet::add(std::uint64_t first, std::uint64_t count) {
  if (count == 0) return 0;
  HR_CHECK(count <= std::numeric_limits<std::uint64_t>::max() - first);
  std::uint64_t begin = first;
  std::uint64_t end = first + count;
  auto next = ends_.upper_bound(first);
  if (next != ends_.begin() && std::prev(next)->second >= first) --next;
  std::uint64_t replaced = 0;
  while (next != ends_.end() && next->first <= end) {  // overlaps or touches
    begin = std::min(begin, next->first);
    end = std::max(end, next->second);
    replaced += next->second - next->first;
    next = ends_.erase(next);
  }
  ends_.emplace_hint(next, begin, end);
  const std::uint64_t added = end - begin - replaced;
  total_ += added;
  return added;
}

bool RangeSet::contains(std::uint64_t index) const {
  const auto next = ends_.upper_bound(index);
  return next != ends_.begin() && std::prev(next)->second > index;
}

std::optional<IndexRange> RangeSet::next_gap(std::uint64_t from, std::uint64_t limit) const {
  auto next = ends_.upper_bound(from);
  if (next != ends_.begin()) from = std::max(from, std::prev(next)->second);
  // Ranges never touch, so the one after `from` leaves at least one index missing.
  if (from >= limit) return std::nullopt;
  const std::uint64_t end = next == ends_.end() ? limit : std::min(limit, next->first);
  return IndexRange{from, end - from};
}

std::uint64_t RangeSet::total_from(std::uint64_t from) const {
  std::uint64_t total = 0;
  for (const auto& [first, end] : ends_) {
    if (end > from) total += end - std::max(first, from);
  }
  return total;
}

std::vector<IndexRange> RangeSet::ranges() const {
  std::vector<IndexRange> result;
  result.reserve(ends_.size());
  for (const auto& [first, end] : ends_) result.push_back({first, end - first});
  return result;
}

}  // namespace hangrate
