// SPDX-License-Identifier: GPL-2.0-or-later
//
// Live: one line per cell on stderr while it runs, on a terminal only. A terminal that is stopped
// (Ctrl-S) or gone loses lines; it never holds up the run.
#pragma once

#include <string>

#include "harness/base/unique_fd.h"
#include "harness/stats/cell_result.h"

namespace hangrate {

class Live {
 public:
  /// `stop` tells how many trials a run with --until-excluded will take.
  Live(bool enabled, const StopSpec& stop, double confidence);

  void update(const CellSpec& spec, const CellResult& result, Nanos elapsed);
  void finish(const CellSpec& spec, const CellResult& result);

 private:
  std::string line(const CellSpec& spec, const CellResult& result, Nanos elapsed) const;

  void show(const std::string& text) const;
  std::uint64_t planned(const CellSpec& spec) const;

  UniqueFd terminal_;
  std::uint64_t to_exclude_ = 0;
};

}  // namespace hangrate
