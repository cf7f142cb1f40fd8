// SPDX-License-Identifier: GPL-2.0-or-later
//
// FileLock: an advisory flock(2) on a file of its own, which stays when the lock goes. Never waits
// without a deadline; the kernel drops it when its owner dies.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// Shared: any number at once, but nobody who holds it exclusively.
enum class LockMode { Exclusive, Shared };

class FileLock {
 public:
  /// nullopt: somebody else holds it.
  static Result<std::optional<FileLock>> try_take(const std::string& path,
                                                  LockMode mode = LockMode::Exclusive);
  /// Waits up to `limit`; `waiting` is called once if it has to wait.
  static Result<FileLock> take(const std::string& path, Nanos limit,
                               const std::function<void()>& waiting,
                               LockMode mode = LockMode::Exclusive);

 private:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace hangrate
