// SPDX-License-Identifier: GPL-2.0-or-later
//
// BootBudget: how much one boot of a guest may send and how long it may take, derived from what it
// was told to do. A guest is what is under test: it may send for ever, and neither the host's disk
// nor its time is the guest's. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/model/manifest.h"
#include "harness/model/matrix_plan.h"

namespace hangrate {

/// What a boot is asked of one cell.
struct CellLoad {
  std::uint64_t trials = 0;  ///< of the search too
  Nanos any_trial = 0;       ///< what each of them may take, if that is known
  Nanos longest_trial = 0;   ///< until one that nothing is proven of is given up (Variant)
};

/// Of so many trials of a variant. A trial of a command may take all of its time limit.
CellLoad load_of(const Manifest& manifest, const std::string& variant, std::uint64_t trials);

struct BootBudget {
  Nanos wall = 0;                    ///< from its start to its end
  std::uint64_t bytes = 0;           ///< console and journals together
  std::uint64_t console = 0;         ///< of them
  std::vector<std::uint64_t> cells;  ///< bytes of each cell's journal
  std::uint64_t lines = 0;           ///< over the channel
  std::uint64_t init = 256u << 10;   ///< bytes of the init's own lines
};

/// `accel`: "kvm", "tcg", "uml", "" for this machine itself. What the plan says of this kernel
/// (boot_limit_s, boot_mib) counts instead of what would be derived.
BootBudget budget_for(const MatrixKernel& kernel, const std::vector<CellLoad>& cells,
                      const std::string& accel);

}  // namespace hangrate
