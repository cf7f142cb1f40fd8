// SPDX-License-Identifier: GPL-2.0-or-later
//
// FileSeal: which file it was and what was written to it, so that it can be told whether that is
// still what lies at its path. Against accidents, and users with fewer rights; whoever has ours can
// do anything. Never writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "harness/base/error.h"

namespace hangrate {

struct FileSeal {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
  off_t length = 0;
  std::uint64_t sum = 0xcbf29ce484222325ULL;  ///< FNV-1a of these bytes
  bool may_grow = false;                      ///< others write to it too: only the first are ours

  /// Of the file open at `fd`, nothing of it counted yet.
  static Result<FileSeal> of(int fd, const std::string& path);

  /// These were written behind all others.
  void add(std::string_view bytes);
  /// Counts what is in the file now.
  Result<void> add_contents(int fd);

  /// Is the file at the path the one at `fd`, and as long as it should be? Two calls of stat. An
  /// Infrastructure error says what became of it and what is still sound.
  Result<void> check(int fd) const;
  /// Reads it all.
  Result<void> check_contents(int fd) const;
  /// Both, of what lies at the path now.
  Result<void> check_again() const;
};

}  // namespace hangrate
