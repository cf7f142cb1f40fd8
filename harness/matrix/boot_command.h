// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of one reproducer in a boot. Pure. Private to matrix/.
#pragma once

#include "harness/guest/machine.h"
#include "harness/matrix/row_plan.h"
#include "harness/store/matrix_store.h"

namespace hangrate {

/// The hangrate of a machine and where it finds reproducers, by the machine's own paths.
struct Hangrate {
  std::string program;
  std::string repro_dir;
};

/// `seed`: of this boot.
MachineCommand boot_command(const Hangrate& hangrate, const MatrixHeader& header,
                            std::uint64_t seed, const RowCell& cell, const BootOrder& boot);

}  // namespace hangrate
