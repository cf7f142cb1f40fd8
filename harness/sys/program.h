// SPDX-License-Identifier: GPL-2.0-or-later
//
// Running a program of the system (apt-get, depmod, make) to its end: no shell, output in a file, a
// deadline. For preparing a run, never inside one: this waits. The supervisor does not use it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"

namespace hangrate {

struct Program {
  std::vector<std::string> argv;  ///< argv[0] is a path, or a name that find_program() knows
  std::vector<std::pair<std::string, std::string>> environment;
  std::string folder;  ///< to run in, "" = ours
  std::string log;     ///< stderr is appended to it, and stdout unless `output` takes it
  std::string* output = nullptr;
  Nanos limit = 600 * kSecond;
};

/// The path of a program in $PATH, /usr/sbin or /sbin (where users without root do not look), "" if
/// there is none.
std::string find_program(const std::string& name);

/// Runs `program` and waits for it; it and what it started are killed at the deadline or when we
/// are told to end (SIGINT, SIGTERM, SIGHUP). Anything but exit status 0 is an error that names the
/// log and quotes its last line.
Result<void> run_program(const Program& program);

}  // namespace hangrate
