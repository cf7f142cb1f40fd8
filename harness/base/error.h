// SPDX-License-Identifier: GPL-2.0-or-later
//
// Error: what failed, in one line a user can act on: "operation(args): strerror (errno) - context".
// Any layer may use it. It never prints and never throws.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hangrate {

/// Which exit code an error leads to when it reaches the command line.
enum class ErrorKind {
  Usage,           ///< the user's input is wrong: exit 2
  Infrastructure,  ///< the machine failed us (disk, permission, fork): exit 3
};

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string what) : kind_(kind), what_(std::move(what)) {}

  /// A system call that failed with `error_number`, e.g. errno_error("open(x)", ENOENT).
  static Error from_errno(const std::string& operation, int error_number = errno) {
    return {ErrorKind::Infrastructure, operation + ": " + std::strerror(error_number) + " (" +
                                           std::to_string(error_number) + ")"};
  }
  static Error usage(std::string what) { return {ErrorKind::Usage, std::move(what)}; }
  static Error infrastructure(std::string what) {
    return {ErrorKind::Infrastructure, std::move(what)};
  }

  /// Says what we were doing when it happened; contexts append in calling order.
  Error context(const std::string& doing) const { return {kind_, what_ + " - " + doing}; }
  Error as(ErrorKind kind) const { return {kind, what_}; }

  ErrorKind kind() const { return kind_; }
  const std::string& what() const { return what_; }

 private:
  ErrorKind kind_;
  std::string what_;
};

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

inline Failure fail(Error error) {
  return Failure(std::move(error));
}

}  // namespace hangrate

/// Evaluates `expression` (a Result); returns its error from the calling function, else goes on.
#define HR_TRY(expression)                                   \
  do {                                                       \
    if (auto hr_result = (expression); !hr_result) {         \
      return ::hangrate::fail(std::move(hr_result).error()); \
    }                                                        \
  } while (false)
