// SPDX-License-Identifier: GPL-2.0-or-later
//
// smallest_that(): where a condition that only ever becomes true does so. For "how many trials
// does it take", where the definition decides and no formula is exact at the edge.
#pragma once

#include <cstdint>
#include <limits>

namespace hangrate {

/// The smallest n >= from with holds(n); the largest std::uint64_t if there is none. Asks for
/// O(log n) numbers.
template <typename Condition>
std::uint64_t smallest_that(std::uint64_t from, Condition holds) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (holds(from)) return from;
  std::uint64_t fails = from;
  std::uint64_t step = 1;
  std::uint64_t succeeds = kMost;
  while (fails < kMost - step) {
    if (holds(fails + step)) {
      succeeds = fails + step;
      break;
    }
    fails += step;
    step *= 2;
  }
  while (succeeds - fails > 1) {
    const std::uint64_t middle = fails + (succeeds - fails) / 2;
    (holds(middle) ? succeeds : fails) = middle;
  }
  return succeeds;
}

}  // namespace hangrate
