// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of html_report(), for its own files only. Each gives finished HTML in which everything
// from kernels, consoles and manifests is escaped.
#pragma once

#include <cstddef>
#include <string>

#include "harness/report/grid.h"

namespace hangrate::html {

extern const char* const kStyle;

/// Heat map: kernels x reproducers, each cell a link to its detail.
std::string heat_map(const RunResult& run, const Grid& grid);

/// Forest plot: hit rates with their intervals on one logarithmic scale.
std::string forest_plot(const RunResult& run, const Grid& grid);

/// All there is to say about one kernel. `number` counts rows from 0.
std::string kernel_section(const Row& row, std::size_t number);

/// The result of one cell with the evidence for it.
std::string cell_article(const Row& row, std::size_t row_number, std::size_t cell);

/// What the words of the verdicts mean.
std::string legend();

/// Fragment identifiers: "k1" and "k1-c2".
std::string row_id(std::size_t row);
std::string cell_id(std::size_t row, std::size_t cell);

/// Class that colours by verdict; never the only sign, the words are always there.
const char* verdict_class(const CellSummary& cell);
const char* exit_class(int code);
/// The words of a verdict on its colour, with a sign.
std::string badge(CellVerdict verdict);
std::string badge(const CellSummary& cell);
std::string badge(int exit_code);

/// A fact of a <dl>, nothing if the value is empty. `value` is HTML.
std::string fact(const char* name, const std::string& value);

/// The same over the whole width, for what may be long.
std::string wide_fact(const char* name, const std::string& value);

/// Around a table that may be wider than the window: scrolls by keyboard too.
std::string scrolling(const std::string& label, const std::string& table);

}  // namespace hangrate::html
