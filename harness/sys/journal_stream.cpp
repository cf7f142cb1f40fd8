// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/journal_stream.h"

#include <cstdlib>
#include <string>

#include <sys/stat.h>

namespace hangrate {

bool is_journal(int fd) {
  const char* named = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (named == nullptr || ::fstat(fd, &info) != 0) return false;
  return named == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace hangrate
