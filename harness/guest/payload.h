// SPDX-License-Identifier: GPL-2.0-or-later
//
// Payload: what commands of a user need in a guest, at the paths they have here: programs with
// their interpreters and libraries, scripts with the programs that stand in them, files that were
// named. Gathered and packed once, before any guest starts, so that all boots of a run get the
// same bytes; whatever is missing is an error by then. Or all files of a root that a user has, in
// which the commands are looked for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

struct PayloadOrder {
  std::vector<std::vector<std::string>> commands;  ///< words
  std::vector<std::string> programs;               ///< that somebody starts, beside commands
  std::vector<std::string> include;                ///< PATH or PATH:GUEST_PATH
  std::string folder;                              ///< where commands start
  std::string path;                                ///< $PATH
  std::string root;  ///< folder with the whole root of guests; "": files of this machine
  /// Paths of a guest: what is not among them came later, and is left out.
  std::optional<std::set<std::string>> only = {};
};

struct Payload {
  UniqueFd archive;         ///< a sealed memory file: newc cpio, from the root on
  std::uint64_t bytes = 0;  ///< of its files
  std::size_t files = 0;
  std::vector<std::string> paths;  ///< of them in a guest
  std::vector<std::string> hints;  ///< what is not sure to be whole, a line each
};

/// Usage error: something is missing, unreadable or for another machine, with its name.
Result<Payload> make_payload(const PayloadOrder& order);

}  // namespace hangrate
