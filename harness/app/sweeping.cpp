// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/sweeping.h"

#include <cstdio>

#include "harness/report/safe_text.h"

namespace hangrate {

void tell_left(const SweepReport& report) {
  for (const std::string& left : report.left) {
    std::fprintf(stderr, "hangrate: not swept: %s\n", safe_line(left).c_str());
  }
}

void sweep_before_run() {
  const SweepReport report = sweep_leftovers();
  if (report.records > 0) {
    std::fprintf(stderr, "swept what killed runs left: %s\n", report.text().c_str());
  }
  tell_left(report);
}

}  // namespace hangrate
