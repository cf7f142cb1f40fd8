// SPDX-License-Identifier: GPL-2.0-or-later
//
// LoadMeter: how busy this machine is while something is measured on it. Reads /proc/stat and
// /proc/loadavg, which wait for nobody.
#pragma once

#include <string_view>

#include "harness/model/load.h"

namespace hangrate {

/// The first line of /proc/stat, in clock ticks.
struct CpuTimes {
  double all = 0;
  double idle = 0;  ///< waiting for I/O too
  double steal = 0;
  bool known = false;
};
CpuTimes parse_cpu_times(std::string_view stat);

/// Shares between two moments; a stretch without a tick is not known.
LoadFact load_between(const CpuTimes& before, const CpuTimes& after, double queue);

class LoadMeter {
 public:
  /// Begins now.
  LoadMeter();
  /// Since it began.
  LoadFact read() const;

 private:
  CpuTimes before_;
  double queue_ = -1;
};

}  // namespace hangrate
