// SPDX-License-Identifier: GPL-2.0-or-later
//
// The error of a system call without which nothing runs. Where it is forbidden or missing that is
// the machine's doing, whatever else then fails because of it, and the user is told what to do.
#pragma once

#include <string>

#include "harness/base/error.h"

namespace hangrate {

/// `call` failed with `error_number`.
inline Error refused(const std::string& call, int error_number = errno) {
  const Error error = Error::from_errno(call, error_number);
  const bool forbidden = error_number == EPERM || error_number == EACCES || error_number == ENOSYS;
  if (!forbidden) return error;
  return Error::infrastructure(
      error.what() +
      ": a seccomp profile or an old kernel refuses it; allow it, in a container with "
      "--security-opt seccomp=unconfined, in a unit with SystemCallFilter=");
}

}  // namespace hangrate
