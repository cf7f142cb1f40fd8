// SPDX-License-Identifier: GPL-2.0-or-later
//
// MatrixRunner: runs what a plan still lacks, guest by guest, as many side by side as asked for.
// One thread, one loop; nothing waits for a guest. A guest that panics, dies or goes silent costs
// the trial in flight (LostMachine) and a fresh boot, a bounded number of times.
#pragma once

#include <functional>
#include <string>

#include "harness/matrix/matrix_store.h"
#include "harness/run/catalog.h"

namespace hangrate {

/// A kernel that can be booted, or the one we run on.
struct BootableKernel {
  std::string label;
  std::string image;
  std::string modules;
  std::string release;   ///< uname -r, as the image says, "" = it does not tell
  std::string build_id;  ///< of the kernel in the image, "" = unknown
  std::string build_note;
  std::vector<std::string> reverted;
  std::string identity;  ///< checksum of the image; of this machine, its release and build
  bool native = false;
  bool user_mode = false;  ///< runs by itself, without QEMU
};

struct MatrixOptions {
  std::vector<CatalogEntry> natives;  ///< programs for this machine
  std::string repro_dir;              ///< folder of `natives`
  std::string guest_programs;         ///< folder of static programs and the init
  int jobs = 1;
  /// Makes a kernel available; may take minutes, tells so by itself.
  std::function<Result<BootableKernel>(const std::string& spec)> provide;
  /// How guests run: "kvm" or "tcg". Asked once, with a kernel to try.
  std::function<std::string(const BootableKernel&)> accel;
  /// One line for a live display: what runs now.
  std::function<void(const std::string&)> status;
  /// One line to keep: a guest started, ended, died.
  std::function<void(const std::string&)> news;
  std::function<bool()> interrupted;
};

/// Runs until every cell has its trials or cannot get them. All that happened is in the store.
Result<void> run_matrix(MatrixStore& store, const LoadedMatrix& so_far,
                        const MatrixOptions& options);

}  // namespace hangrate
