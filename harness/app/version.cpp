// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/version.h"

namespace hangrate {

std::string version_text() {
  const std::string commit = HANGRATE_COMMIT;
  return std::string(HANGRATE_VERSION) + (commit.empty() ? "" : " (" + commit + ")");
}

}  // namespace hangrate
