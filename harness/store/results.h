// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is stored of a run, read back: the folder of a matrix; the folder of a run or a journal
// alone, which is one native row with one boot. The one way to report it, to go on with it and to
// begin with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/report/run.h"
#include "harness/store/matrix_store.h"

namespace hangrate {

struct LoadedResults {
  RunResult run;                       ///< rows in the order of the plan, summaries worked out
  std::optional<MatrixHeader> matrix;  ///< what was planned, of a matrix
  std::uint64_t cut_off = 0;           ///< files whose last line has no end; it is left out
  std::uint64_t unknown_records = 0;   ///< of a later version, left out
  std::uint64_t reclassified = 0;      ///< verdicts that came out different
};

/// `path`: a folder or a journal. `reclassify` judges every stored observation again with this
/// program's rules. A spoilt journal is an error, and in a matrix a flaw of its row.
Result<LoadedResults> load_results(const std::string& path, bool reclassify = false);

/// The paths at or below `path` that read_journal() takes, sorted: itself, if it is a journal or
/// the folder of a run, else all that are in it, as a matrix leaves them.
std::vector<std::string> journals_at(const std::string& path);

}  // namespace hangrate
