// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unpacking deb, rpm and tar files with libarchive. What is written stays inside the destination,
// whatever the names and links in the archive say; owners, devices and special modes are dropped.
#pragma once

#include <functional>
#include <string>

#include "harness/base/error.h"

namespace hangrate {

struct Unpacking {
  /// Where an entry goes, relative to the destination; "" leaves it out. Paths come without leading
  /// "/" or "./".
  std::function<std::string(const std::string& path)> where;
  bool links = false;  ///< symbolic links too
};

/// Unpacks `file`, of a deb its data.tar. A file that is none of these, cut short, or with a path
/// that leads out is a usage error; what was written until then stays, for the caller to remove.
Result<void> unpack(const std::string& file, const std::string& destination,
                    const Unpacking& unpacking);

/// Where in the cache a file of a kernel package goes: the image, System.map, configuration and
/// modules, with lib/modules instead of usr/lib/modules; "" for everything else.
std::string kernel_file_place(const std::string& path);

}  // namespace hangrate
