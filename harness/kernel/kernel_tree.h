// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding a kernel in a folder. Reads files, runs depmod only in make_modules_dep().
#pragma once

#include <string>

#include "harness/base/error.h"
#include "harness/kernel/guest_kernel.h"

namespace hangrate {

struct TreeQuery {
  std::string root;
  std::string release;     ///< the one that is meant, "" = the only one there is
  std::string how_to_say;  ///< how a user says which, for the error that lists several
};

/// Image, modules and configuration of the kernel that lies in a folder, be it the root of a
/// distribution, a folder of modules with a vmlinuz or a tree in which a kernel was built; sets
/// those fields and `release`. Modules that were built in a tree have no folder yet:
/// make_tree_modules() makes one. A usage error if there is none, or several.
Result<GuestKernel> find_kernel(const TreeQuery& query);

/// Runs `depmod -b root release` if the modules of `kernel` have no modules.dep.
Result<void> make_modules_dep(const GuestKernel& kernel, const std::string& root,
                              const std::string& log);

/// Makes in `folder` a lib/modules/RELEASE with what was built in `tree`, and modules.dep.
Result<GuestKernel> make_tree_modules(const GuestKernel& kernel, const std::string& tree,
                                      const std::string& folder, const std::string& log);

/// Makes in `folder` a lib/modules/RELEASE that has modules.dep and leads to the files of `kernel`,
/// whose own folder is not to be written to.
Result<GuestKernel> borrow_modules(const GuestKernel& kernel, const std::string& folder,
                                   const std::string& log);

}  // namespace hangrate
