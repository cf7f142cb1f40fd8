// SPDX-License-Identifier: GPL-2.0-or-later
//
// ConsoleFinding: something a kernel printed that is news whatever the trials say.
#pragma once

#include <string>
#include <vector>

namespace hangrate {

struct ConsoleFinding {
  std::string
      kind;  ///< panic oops hung-task soft-lockup hard-lockup rcu-stall lockdep kasan warning
  std::vector<std::string> lines;  ///< as printed, the first says it
  bool operator==(const ConsoleFinding&) const = default;
};

}  // namespace hangrate
