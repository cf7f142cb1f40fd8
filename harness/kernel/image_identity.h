// SPDX-License-Identifier: GPL-2.0-or-later
//
// ImageIdentity: which kernel an image file is, told by itself and not by its name: the release
// from its header or its banner, the build id from its unpacked kernel.
#pragma once

#include <optional>
#include <string>

#include "harness/kernel/image_header.h"

namespace hangrate {

struct ImageIdentity {
  std::string release;   ///< uname -r, "" = it does not tell
  std::string build_id;  ///< NT_GNU_BUILD_ID in hex, "" = unknown
};

/// The header of the image `path`; for what tells its release only in its kernel's banner, that
/// release, too. nullopt: a regular file, but no kernel image.
Result<std::optional<ImageHeader>> image_header_of(const std::string& path);

/// Checks that `path` is a whole kernel that a guest can boot, and says which. Unpacks up to 1 GiB.
Result<ImageIdentity> identify_image(const std::string& path);

/// The release that the module `path` (plain or compressed) was built for (vermagic), "" if it does
/// not tell.
Result<std::string> module_release(const std::string& path);

}  // namespace hangrate
