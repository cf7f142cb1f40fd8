// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions and tracepoints the BTF of the running kernel and of some modules knows. One pass
// over the types; asking libbpf name by name would be a pass each.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "harness/base/error.h"

namespace hangrate {

using NameSet = std::set<std::string, std::less<>>;

struct KernelNames {
  std::map<std::string, int> functions = {};    ///< with the number of parameters
  std::map<std::string, int> tracepoints = {};  ///< the same
};

/// Only `wanted` names are looked for. Fails where the kernel has no BTF.
Result<KernelNames> read_kernel_names(const NameSet& wanted);

}  // namespace hangrate
