// SPDX-License-Identifier: GPL-2.0-or-later
//
// ConsoleFinding: something a kernel printed that is news whatever the trials say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

/// How much a complaint weighs, least first. What a cap drops is decided by it.
enum class Gravity {
  Info,       ///< worth a line, says nothing against the kernel
  Warning,    ///< the kernel is surprised and goes on
  Stall,      ///< something takes too long: rests on time
  Sanitizer,  ///< a checker proved a mistake before it did harm
  Oops,       ///< a fault, a BUG, corrupted data: proven, and the harm is done
  Panic,      ///< the end
};

struct ConsoleFinding {
  std::string kind;                ///< a word gravity_of() knows
  std::vector<std::string> lines;  ///< as printed, the first says it
  bool operator==(const ConsoleFinding&) const = default;
};

/// Of a kind: "panic", "oops", ...; Info for a word that is none.
Gravity gravity_of(std::string_view kind);

}  // namespace hangrate
