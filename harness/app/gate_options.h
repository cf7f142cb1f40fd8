// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options that say what a run must be to pass: --weak-ok, --power, --require, --fail-on.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/gate.h"

namespace hangrate {

struct GateOptions {
  bool weak_ok = false;
  std::string power;                 ///< run, boots; "" = run
  std::vector<std::string> require;  ///< reproducers
  std::vector<std::string> fail_on;  ///< skip, weak, stuck, also several with commas
  bool given() const { return weak_ok || !power.empty() || !require.empty() || !fail_on.empty(); }
};

void add_gate_options(CLI::App& app, GateOptions& options);

/// `running`: the reproducers that run. One that is required must be among them.
Result<Gate> gate_of(const GateOptions& options, const std::vector<std::string>& running);

}  // namespace hangrate
