// SPDX-License-Identifier: GPL-2.0-or-later
//
// standalone(): a reproducer run alone. The same supervisor, rules and words as `hangrate run`,
// with the program itself as the worker.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "harness/model/manifest.h"

namespace hangrate {

/// What the program does as a worker; returns its exit code.
struct WorkerCall {
  std::string variant;
  std::map<std::string, std::string> params;
  bool supervised = true;
  std::uint64_t trials = 1;
  std::uint64_t seed = 0;
};

int standalone(const Manifest& manifest, int argc, char** argv,
               const std::function<int(const WorkerCall&)>& work);

}  // namespace hangrate
