// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelSource: where the kernels of a matrix come from, one after another, while rows run. Nothing
// here waits: whoever runs the rows asks it in every round.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"

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
  std::string accel;     ///< how it runs: "kvm", "tcg", "uml", "native"
  bool native = false;
  bool user_mode = false;  ///< runs by itself, without QEMU
};

/// What became of one of the kernels asked for.
struct SuppliedKernel {
  std::string spec;
  Result<BootableKernel> kernel;
};

class KernelSource {
 public:
  virtual ~KernelSource() = default;

  /// Asks for kernels, each spec once. To be called once.
  virtual Result<void> begin(std::vector<std::string> specs) = 0;
  /// The next that is there or cannot be had; nullopt: none at the moment.
  virtual std::optional<SuppliedKernel> next() = 0;
  /// No more will come, and nothing is downloaded or built any more.
  virtual bool done() const = 0;
  /// What it does now, "" if nothing.
  virtual std::string status() const = 0;
  /// Asks it to end what it does.
  virtual void stop() = 0;
};

}  // namespace hangrate
