// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellIntake: the lines one reproducer sends from a machine, checked before any is kept. The kernel
// under test may have scribbled over them, and one bad line must neither spoil a journal nor count
// as trials. A record is decoded here, once. Pure; may be used by whoever owns the machine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/json.h"
#include "harness/stats/cell_result.h"

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
  /// What is sound is applied to `result`, the only place where it is counted.
  CellIntake(CellOrder order, CellResult& result) : order_(std::move(order)), result_(result) {}

  /// Is `line` what this command may say now? An error means that nothing more of this machine can
  /// be believed.
  Result<void> take(const Json& line);
  /// Books trials whose outcome nobody will ever know; their records, for the journal.
  std::vector<TrialRecord> lose(Outcome outcome, Rule rule, const std::string& why);

  bool started() const { return header_.has_value(); }
  bool ended() const { return ended_; }  ///< by itself
  /// What it said before its first trial; only of one that started.
  const RunHeader& header() const { return *header_; }

  /// Of which trials the outcome will never be known, one per worker that may have been at one, if
  /// this is all that came. Every range nobody recorded, and the first index behind the last, may
  /// hide one, none of them measured while the search has gaps; empty after the end.
  std::vector<std::uint64_t> in_flight() const;

 private:
  Result<void> take_header(const Json& line);
  Result<void> check(const Record& record) const;
  Result<void> check_range(std::uint64_t first, std::uint64_t count) const;

  CellOrder order_;
  CellResult& result_;
  std::optional<RunHeader> header_;
  bool ended_ = false;
};

}  // namespace hangrate
