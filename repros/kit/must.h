// SPDX-License-Identifier: GPL-2.0-or-later
//
// must(): for system calls of a trial's setup that have no reason to fail. A failure ends the
// worker as "infra" with the operation and errno; it is never mistaken for a result of the
// experiment.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "repros/kit/reproducer.h"

namespace hangrate::kit {

/// Returns `value` if it is not negative, else ends the worker: "operation: strerror (errno)".
template <typename T>
T must(Context& context, T value, const char* operation) {
  if (value < 0) {
    const int error_number = errno;
    context.fail(std::string(operation) + ": " + std::strerror(error_number) + " (" +
                 std::to_string(error_number) + ")");
  }
  return value;
}

}  // namespace hangrate::kit
