// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/record.h"
#include "harness/stats/cell_result.h"

namespace hangrate {

/// The record of a trial with the verdict this program's rules give it; nullopt if there is nothing
/// to judge: a batch, a trial nobody watched.
std::optional<TrialRecord> judged_again(const Record& record, const RunHeader& header);

/// Header and results of a journal, without running anything. `reclassify` judges every stored
/// observation again with this program's rules.
struct LoadedRun {
  RunHeader header;
  std::vector<CellResult> cells;
  bool cut_off = false;
  std::uint64_t unknown_records = 0;
  std::uint64_t reclassified = 0;  ///< verdicts that came out different
};
Result<LoadedRun> load_run(const std::string& path, bool reclassify = false);

}  // namespace hangrate
