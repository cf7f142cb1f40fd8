// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of html_report() and diagnosis_html(), for their own files only. Each gives finished
// HTML in which everything from kernels, consoles and manifests is escaped.
#pragma once

#include <cstddef>
#include <string>

#include "harness/report/grid.h"

namespace hangrate {
struct WaitProof;
}

namespace hangrate::html {

extern const char* const kStyle;

/// Up to the body: its policy forbids scripts and loading anything.
std::string page_head(const std::string& version, const std::string& title);

/// From the footer to the end.
std::string page_foot(const std::string& version);

/// A proof's wait-for graph as a drawing, with what its arrows mean; "" if nothing waits.
std::string wait_graph(const WaitProof& proof, const std::string& title);

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
/// Other words on the colour of that exit code.
std::string badge(int exit_code, const char* words);

/// A fact of a <dl>, nothing if the value is empty. `value` is HTML.
std::string fact(const char* name, const std::string& value);

/// The same over the whole width, for what may be long.
std::string wide_fact(const char* name, const std::string& value);

/// Around a table that may be wider than the window: scrolls by keyboard too.
std::string scrolling(const std::string& label, const std::string& table);

}  // namespace hangrate::html
