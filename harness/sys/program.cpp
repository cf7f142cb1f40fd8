// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/program.h"

#include <cstdlib>

#include <unistd.h>

#include "harness/base/file.h"

namespace hangrate {

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "", ':')) {
    const std::string candidate = folder + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace hangrate
