// SPDX-License-Identifier: GPL-2.0-or-later
//
// GuestRoot: the root of --rootfs as a folder: the folder that was named, or a tar file unpacked
// for as long as this lives. One that a killed run left is removed when another is unpacked.
#pragma once

#include <string>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class GuestRoot {
 public:
  /// Usage error: neither a folder nor an archive of a root, with the reason.
  static Result<GuestRoot> open(const std::string& path);

  GuestRoot(GuestRoot&& other) noexcept
      : folder_(std::exchange(other.folder_, "")),
        unpacked_(std::exchange(other.unpacked_, "")),
        lock_(std::move(other.lock_)) {}
  GuestRoot& operator=(GuestRoot&&) = delete;
  ~GuestRoot();

  const std::string& folder() const { return folder_; }

 private:
  GuestRoot() = default;

  std::string folder_;    ///< absolute, without links
  std::string unpacked_;  ///< to be removed, "" = nothing
  UniqueFd lock_;         ///< of that
};

}  // namespace hangrate
