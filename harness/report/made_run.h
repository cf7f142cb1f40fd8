// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the tests of this folder: a matrix made of records, with a cell of every verdict and a
// console that tries everything text can try.
#pragma once

#include <string>

#include "harness/report/run.h"

namespace hangrate::testing {

/// Rows by id: "reverted" (bugs reproduced), "fixed" (clean), "regressed" (a fixed kernel hits,
/// another hang, a broken control), "quiet" (affected and clean, with and without enough trials),
/// "failing" (infra, skipped, inconclusive, a lost machine, a corrupt one, notes, a
/// flaw, a hostile console), "moody" (three boots that differ), "absent" (trouble).
RunResult made_run();

const Row& row_of(const RunResult& run, const std::string& id);
/// By reproducer/variant.
const CellSummary& cell_of(const Row& row, const std::string& name);

/// What the hostile console printed.
extern const std::string kHostile;

}  // namespace hangrate::testing
