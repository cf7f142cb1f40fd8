// SPDX-License-Identifier: GPL-2.0-or-later
//
// Live: one line per cell on stderr while it runs, on a terminal only.
#pragma once

#include <string>

#include "harness/stats/cell_result.h"

namespace hangrate {

class Live {
 public:
  explicit Live(bool enabled) : enabled_(enabled) {}

  void update(const CellSpec& spec, const CellResult& result, Nanos elapsed);
  void finish(const CellSpec& spec, const CellResult& result);

 private:
  std::string line(const CellSpec& spec, const CellResult& result, Nanos elapsed) const;

  bool enabled_;
};

}  // namespace hangrate
