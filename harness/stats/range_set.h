// SPDX-License-Identifier: GPL-2.0-or-later
//
// RangeSet: a set of trial indices as few half-open ranges. Says which trials a resumed run still
// has to do and keeps a trial that was journalled twice from counting twice. Any layer may use it.
// Its memory grows with the number of gaps, never with the number of trials.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace hangrate {

struct IndexRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool operator==(const IndexRange&) const = default;
};

class RangeSet {
 public:
  /// Adds [first, first + count) and returns how many of them were new. The end must be < 2^64.
  std::uint64_t add(std::uint64_t first, std::uint64_t count);

  bool contains(std::uint64_t index) const;
  std::uint64_t total() const { return total_; }  ///< how many indices are in the set

  /// How many of them are `from` or above.
  std::uint64_t total_from(std::uint64_t from) const;

  /// The first range within [0, limit) that is missing; nullopt if none is.
  std::optional<IndexRange> first_gap(std::uint64_t limit) const { return next_gap(0, limit); }
  /// The same within [from, limit).
  std::optional<IndexRange> next_gap(std::uint64_t from, std::uint64_t limit) const;

  std::vector<IndexRange> ranges() const;  ///< ascending, none touching the next
  bool operator==(const RangeSet&) const = default;

 private:
  std::map<std::uint64_t, std::uint64_t> ends_;  // first -> end
  std::uint64_t total_ = 0;
};

}  // namespace hangrate
