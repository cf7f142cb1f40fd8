// SPDX-License-Identifier: GPL-2.0-or-later
//
// How numbers of a cell are worded, so that two reports cannot word them differently. Pure; the
// same on any locale.
#pragma once

#include <cstdint>
#include <string>

#include "harness/report/summary.h"

namespace hangrate {

/// A rate that is no end of an interval, in percent, without the sign: "0.0234" (point_text()).
std::string percent(double p);

/// Whether a hit rate says something of this cell: it measures none, or no trial was conclusive.
bool has_rate(const CellSummary& cell);

/// "0.3 % [0.1, 0.5]", the ends rounded outward; "-" without a rate.
std::string rate_text(const CellSummary& cell);

/// For a cell of a table: "0.3 %"; if clean, the rate that excludes, "< 0.006 %"; "" where a clean
/// result claims no rate (lookalikes, and cells that could not be judged).
std::string rate_short(const CellSummary& cell);

/// " widened" or " replayed" behind a rate that is not the natural one, "" else.
const char* rate_mark(const CellSpec& spec);

/// "interrupt, 120.0 us": how a trial was aimed.
std::string aimed_text(const std::string& plan, Nanos delay_ns);

/// "search: 41 hits in 300 trials, best interrupt, 120.0 us"; "" if there was none.
std::string search_text(const CellSummary& cell);

/// "replays trial 17 of FILE (6.1.192): interrupt, 120.0 us"; "" if it replays none.
std::string replay_text(const CellSpec& spec);

/// What the boots that were run say of others: "one boot; over boots that differ (rho 0.05) the
/// rate lies in 0.2 .. 4 %"; "" where no rate is claimed.
std::string boots_text(const CellSummary& cell);

/// Of a run that ended at a hit: its point is too high on average, and the unbiased one; else "".
std::string bias_text(const CellSummary& cell);

/// "12/4000": trials that showed the bug, and conclusive ones.
std::string count_text(const CellSummary& cell);

/// Median and 99th percentile, "11.5 / 20.8 ms".
std::string proof_time_text(const CellResult& result);
std::string speed_text(const CellResult& result);

/// Attempted, neither conclusive nor skipped: they say nothing.
std::uint64_t unknown_trials(const CellSummary& cell);

/// Conclusive ones, and those of a lookalike that stood still as they should.
std::uint64_t telling_trials(const CellSummary& cell);

/// For a cell of a table: "clean", "too few trials". cell_verdict_name() is for programs.
const char* verdict_words(CellVerdict verdict);

/// The same for a cell, which may be "not run" or "reproduced, unfinished".
std::string cell_words(const CellSummary& cell);

/// "1 kernel", "2 kernels"
std::string plural(std::uint64_t count, const std::string& one, const std::string& many);

}  // namespace hangrate
