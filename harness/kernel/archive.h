// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unpacking deb, rpm and tar files with libarchive. What is written stays inside the destination,
// whatever the names and links in the archive say; owners, devices and special modes are dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/base/error.h"

namespace hangrate {

/// How much an archive may be. A package of a kernel unpacks to at most 8 times its size (xz), its
/// sources to 10 times; a bomb to a thousand times.
struct UnpackLimits {
  std::uint64_t bytes = 4ull << 30;         ///< of all members, those that are left out too
  std::uint64_t allowance = 64ull << 20;    ///< bytes that need no more than a small archive,
  std::uint64_t expansion = 30;             ///< and so many for each of its own on top
  std::uint64_t member_bytes = 1ull << 30;  ///< of one member
  std::uint64_t members = 200'000;
  const char* subject = "package of a kernel";  ///< what is never beyond them
};

struct Unpacking {
  /// Where an entry goes, relative to the destination; "" leaves it out. Paths come without leading
  /// "/" or "./".
  std::function<std::string(const std::string& path)> where;
  bool links = false;  ///< symbolic links too
  bool times = false;  ///< files keep the time of their change
  UnpackLimits limits{};
};

/// Unpacks `file`, of a deb its data.tar. A file that is none of these, no regular file, cut short,
/// beyond a limit, or with a path that leads out is a usage error; what was written until then
/// stays, for the caller to remove.
Result<void> unpack(const std::string& file, const std::string& destination,
                    const Unpacking& unpacking);

/// Does it go up, "a/../b"?
bool leads_out(const std::string& path);

/// Where in the cache a file of a kernel package goes: the image, System.map, configuration and
/// modules, with lib/modules instead of usr/lib/modules; "" for everything else.
std::string kernel_file_place(const std::string& path);

}  // namespace hangrate
