// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellIntake: the lines one reproducer sends from a machine, checked before any is kept. The kernel
// under test may have scribbled over them, and one bad line must neither spoil a journal nor count
// as trials. Pure; may be used by whoever owns the machine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/json.h"
#include "harness/stats/range_set.h"

namespace hangrate {

/// What a machine was told to run.
struct CellOrder {
  std::string repro;
  std::string variant;
  IndexRange trials;
  std::uint64_t search = 0;                   ///< trials below this index are of the search
  std::map<std::string, std::string> params;  ///< those that were given
};

class CellIntake {
 public:
  explicit CellIntake(CellOrder order) : order_(std::move(order)) {}

  /// Is `line` what this command may say now? An error means that nothing more of this machine can
  /// be believed.
  Result<void> take(const Json& line);

  bool started() const { return workers_ > 0; }  ///< its header came
  bool ended() const { return end_.has_value(); }
  /// Why it ended by itself: "trials", "skipped", ...; "" if it did not.
  EndReason end_reason() const { return end_.value_or(EndReason::None); }
  const RangeSet& recorded() const { return recorded_; }
  /// Of them, those that were measured.
  std::uint64_t measured() const { return recorded_.total_from(order_.search); }

  /// Of which trials the outcome will never be known, one per worker that may have been at one, if
  /// this is all that came. Every range nobody recorded, and the first index behind the last, may
  /// hide one, none of them measured while the search has gaps; empty after the end.
  std::vector<std::uint64_t> in_flight() const;

 private:
  Result<void> take_header(const Json& line);
  Result<void> take_range(std::uint64_t first, std::uint64_t count);

  CellOrder order_;
  int workers_ = 0;
  RangeSet recorded_;
  std::optional<EndReason> end_;
};

}  // namespace hangrate
