// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cluster: what happened in one fixed block of trials. Made by TrialBlocks, read by the
// over-dispersion test. Its borders never depend on what the trials did.
#pragma once

#include <cstdint>

namespace hangrate {

struct Cluster {
  std::uint64_t trials = 0;  ///< conclusive ones
  std::uint64_t hits = 0;    ///< <= trials
  bool operator==(const Cluster&) const = default;
};

}  // namespace hangrate
