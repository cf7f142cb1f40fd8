// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the modules of a release lie: a folder that modprobe would take, or a tree in which they
// were built. Matched by release, never by the name of an image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

/// The folder with the modules of `release` in or below `root`: `root` itself, root/RELEASE, or
/// root/[usr/]lib/modules/RELEASE; "" if there is none, or if `release` is unknown. A usage error
/// if one of them says that it is of another release.
Result<std::string> modules_below(const std::string& root, const std::string& release);

/// Is `root` a tree in which a kernel is built, or its output folder (make O=)?
bool is_build_tree(const std::string& root);

/// The modules that were built in a tree, by its modules.order; relative to it, "fs/fuse/fuse.ko".
/// What the list names and is not there is left out. Empty without a list.
Result<std::vector<std::string>> built_modules(const std::string& tree);

/// Makes in `folder` a lib/modules/RELEASE with links to `modules` of `tree`, for depmod(8).
Result<std::string> link_modules(const std::string& tree, const std::vector<std::string>& modules,
                                 const std::string& release, const std::string& folder);

/// A usage error if the module says that it is of another release.
Result<void> check_module(const std::string& module, const std::string& release);

}  // namespace hangrate
