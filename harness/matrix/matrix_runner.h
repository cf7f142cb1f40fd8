// SPDX-License-Identifier: GPL-2.0-or-later
//
// MatrixRunner: runs what a plan still lacks, guest by guest, as many side by side as asked for.
// One thread, one loop; nothing waits for a guest. A guest that panics, dies or goes silent costs
// the trial in flight (LostMachine) and a fresh boot, a bounded number of times.
#pragma once

#include <functional>
#include <string>

#include "harness/guest/machine.h"
#include "harness/matrix/kernel_source.h"
#include "harness/run/catalog.h"
#include "harness/store/results.h"

namespace hangrate {

struct MatrixOptions {
  std::vector<CatalogEntry> natives;  ///< programs for this machine
  std::string repro_dir;              ///< folder of `natives`
  std::string command_dir;            ///< likewise of those that are commands
  std::string guest_programs;         ///< folder of static programs
  std::string guest_system;           ///< folder of the init and the hangrate of a guest
  GuestPayload payload;               ///< what commands need in a guest
  int jobs = 1;
  /// One line for a live display: what runs now.
  std::function<void(const std::string&)> status;
  /// One line to keep: a guest started, ended, died, a cell is done.
  std::function<void(const std::string&)> news;
  std::function<bool()> interrupted;
};

/// Runs until every cell has its trials or cannot get them; a row starts when its kernel is there.
/// All that happened is in the store. `so_far`: of a matrix.
Result<void> run_matrix(MatrixStore& store, const LoadedResults& so_far,
                        const MatrixOptions& options, KernelSource& kernels);

}  // namespace hangrate
