// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which kernel images lie in a folder, in the layouts that distributions have, and which of them is
// meant. Each is known by what it says of itself; a name only says where to look.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct KernelCandidate {
  std::string release;  ///< of its header, "" if it does not tell
  std::string image;    ///< path
};

struct KernelCandidates {
  std::vector<KernelCandidate> kernels;  ///< by release; of copies of one kernel the first
  std::vector<std::string> damaged;      ///< what is wrong with images that cannot be used
  std::vector<std::string> others;       ///< paths of files that are named like an image, and none
};

/// What lies in `root` as boot/{vmlinuz,bzImage}*, boot/kernel-*, [usr/]lib/modules/*/vmlinuz, as
/// vmlinuz of a folder of modules, or as {boot,efi,boot/efi}/ENTRY/RELEASE/linux (Boot Loader
/// Specification).
KernelCandidates kernels_below(const std::string& root);

/// The one of `release`, or the only one there is if that is "". A usage error that lists them if
/// there are none or several; `how` says how one is chosen.
Result<KernelCandidate> choose_kernel(const KernelCandidates& found, const std::string& root,
                                      const std::string& release, const std::string& how);

}  // namespace hangrate
