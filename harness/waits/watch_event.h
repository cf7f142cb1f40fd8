// SPDX-License-Identifier: GPL-2.0-or-later
//
// WatchEvent: what a watch over a machine has to say, one line each. Plain values.
#pragma once

#include <string>
#include <variant>

#include "harness/waits/hang_book.h"

namespace hangrate {

namespace watched {

struct Begun {  ///< the first look at everything is over
  std::size_t tasks = 0;
  std::vector<Absence> absent;  ///< what could not be looked at
  bool all_shown = true;        ///< false: a process that is not shown may hold anything
};
struct Hang {
  ToldHang hang;
};
struct HangOver {
  ToldHang hang;
};
struct Spinning {
  int id = 0;  ///< from 1, apart from those of hangs
  SpinningTask task;
};
struct SpinningOver {
  int id = 0;
  SpinningTask task;
};
struct Trouble {  ///< a look failed; the watch goes on
  std::string what;
};
struct Gone {  ///< nothing is left to look at; the last one
  std::string what;
};
struct Looked {};  ///< nothing to say

}  // namespace watched

using WatchEvent =
    std::variant<watched::Begun, watched::Hang, watched::HangOver, watched::Spinning,
                 watched::SpinningOver, watched::Trouble, watched::Gone, watched::Looked>;

}  // namespace hangrate
