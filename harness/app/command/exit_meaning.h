// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the end of a command says of its trial. Pure.
#pragma once

#include <string>

namespace hangrate {

enum class EndMeans {
  Clean,
  Reproduced,   ///< the command says so itself
  Skip,         ///< it cannot run here
  CannotStart,  ///< it was never executed
  Nothing,
};

struct CommandEnd {
  EndMeans means = EndMeans::Nothing;
  std::string text;  ///< "exits with 3", "is killed by SIGSEGV"
};

/// `status`: of waitpid(2). Without `hit_exit` (0) codes are those of kselftest: 0 pass, 1 fail, 4
/// skip. A signal that it gives itself by a fault is what it found; 126 and 127 are a shell's.
CommandEnd meaning_of(int status, int hit_exit);

}  // namespace hangrate
