// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a matrix is presented: by `hangrate matrix` when it ends and by `hangrate report` from its
// folder.
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/report/matrix_summary.h"

namespace CLI {
class App;
}

namespace hangrate {

struct MatrixShow {
  std::string json;  ///< file, "-" = stdout, "" = not wanted; the others likewise
  std::string html;
  std::string markdown;
  std::string junit;
  bool ktap = false;
  bool quiet = false;
  bool no_colour = false;
};

void add_matrix_show_options(CLI::App& app, MatrixShow& show);

/// What can be known to fail later is tried before anything runs.
Result<void> check_matrix_show(const MatrixShow& show);

/// Writes what is asked for; returns the exit code of the matrix, or 3 if something was not
/// written.
int present_matrix(const MatrixSummary& matrix, const MatrixShow& show);

}  // namespace hangrate
