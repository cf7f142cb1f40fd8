// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/gate_options.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace hangrate {

void add_gate_options(CLI::App& app, GateOptions& options) {
  app.add_flag("--weak-ok", options.weak_ok,
               "Accept a clean result that does not exclude its reference rate (else exit 3)");
  app.add_option(
         "--power", options.power,
         "What a clean result must exclude its reference rate over: the boots that were run "
         "(run, default), or boots in general (boots), which takes many of them")
      ->check(CLI::IsMember({"run", "boots"}));
  app.add_option("--require", options.require,
                 "This reproducer must run: its skip is a failure (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--fail-on", options.fail_on,
                 "Turn these into failures (exit 1): skip, weak, stuck; several with commas")
      ->allow_extra_args(false);
}

Result<Gate> gate_of(const GateOptions& options, const std::vector<std::string>& running) {
  Gate gate;
  gate.weak_ok = options.weak_ok;
  gate.power = options.power == "boots" ? PowerOver::Boots : PowerOver::Run;
  gate.require = options.require;
  for (const std::string& name : options.require) {
    if (contains(running, name)) continue;
    return fail(Error::usage(fmt::format("--require {}: it is not among what runs: {}", name,
                                         fmt::join(running, ", "))));
  }
  for (const std::string& list : options.fail_on) {
    for (const std::string& word : split(list, ',')) {
      if (word == "skip") {
        gate.fail_skip = true;
      } else if (word == "weak") {
        gate.fail_weak = true;
      } else if (word == "stuck") {
        gate.fail_stuck = true;
      } else {
        return fail(Error::usage(
            fmt::format("--fail-on {}: \"{}\" is none of skip, weak, stuck", list, word)));
      }
    }
  }
  if (gate.weak_ok && gate.fail_weak) {
    return fail(Error::usage("--weak-ok and --fail-on weak contradict each other"));
  }
  return gate;
}

}  // namespace hangrate
