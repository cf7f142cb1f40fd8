// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding a kernel in an unpacked tree, and what an image file says about itself. Reads files, runs
// depmod only in make_modules_dep().
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/kernel/guest_kernel.h"

namespace hangrate {

/// Image, modules and configuration of the newest release below `root`: boot/vmlinuz-RELEASE or
/// [usr/]lib/modules/RELEASE/vmlinuz. Sets those fields and `release`. A usage error if there is
/// none.
Result<GuestKernel> find_kernel(const std::string& root);

/// Checks that `path` is a whole kernel a guest can boot; gives its release, "" if it does not
/// tell.
Result<std::string> image_release(const std::string& path);

/// Runs `depmod -b root release` if the modules of `kernel` have no modules.dep.
Result<void> make_modules_dep(const GuestKernel& kernel, const std::string& root,
                              const std::string& log);

/// Makes in `folder` a lib/modules/RELEASE that has modules.dep and leads to the files of `kernel`,
/// whose own folder is not to be written to.
Result<GuestKernel> borrow_modules(const GuestKernel& kernel, const std::string& folder,
                                   const std::string& log);

}  // namespace hangrate
