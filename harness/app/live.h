// SPDX-License-Identifier: GPL-2.0-or-later
//
// Live: one line per cell on stderr while it runs, on a terminal only. A terminal that is stopped
// (Ctrl-S) or gone loses lines; it never holds up the run.
#pragma once

#include <string>

#include "harness/app/status_line.h"
#include "harness/stats/cell_result.h"

namespace hangrate {

class Live {
 public:
  /// `stop` tells how many trials a run with --until-excluded will take.
  Live(bool enabled, const StopSpec& stop, double confidence);

  void update(const CellSpec& spec, const CellResult& result, Nanos elapsed);
  void finish(const CellSpec& spec, const CellResult& result);

 private:
  std::string text(const CellSpec& spec, const CellResult& result, Nanos elapsed) const;

  std::uint64_t planned(const CellSpec& spec) const;

  StatusLine line_;
  std::uint64_t to_exclude_ = 0;
};

}  // namespace hangrate
