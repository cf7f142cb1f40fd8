// SPDX-License-Identifier: GPL-2.0-or-later
//
// Building a kernel from a recipe: unpack, patch, configure, make. Takes minutes and all
// processors.
#pragma once

#include <functional>
#include <string>

#include "harness/kernel/guest_kernel.h"
#include "harness/kernel/recipe.h"

namespace hangrate {

/// An error with the one command that installs what is missing.
Result<void> check_build_tools();

/// Builds from `package` (a linux-source deb) in `work`; image, configuration and System.map go to
/// `result`. Everything the programs say is in `log`.
Result<GuestKernel> build_recipe(const Recipe& recipe, const std::string& package,
                                 const std::string& work, const std::string& result,
                                 const std::string& log,
                                 const std::function<void(const std::string&)>& say);

/// Applies the patches of a recipe in the kernel tree `source`. A patch that leaves a file it
/// should change as it was is an error.
Result<void> apply_patches(const Recipe& recipe, const std::string& source, const std::string& log);

}  // namespace hangrate
