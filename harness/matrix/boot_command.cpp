// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/boot_command.h"

#include <fmt/format.h>

#include "harness/model/json.h"

namespace hangrate {

namespace {

/// What the search of a cell begins with: what the boots before found, and what was given.
MachineCommand warm_arms(const MatrixHeader& header, const RowCell& cell, const CellOrder& order) {
  MachineCommand argv;
  const WarmSource before{.of = "the boots before",
                          .release = "",
                          .preempt = "",
                          .repro = order.repro,
                          .variant = order.variant,
                          .params = order.params,
                          .arms = cell.result.memory().arms()};
  if (!before.arms.empty()) {
    argv.insert(argv.end(), {"--warm-arms", dump_line(to_json_value(before))});
  }
  for (const std::string& warm : header.warm) {
    const auto json = parse_json(warm);
    const bool ours = json && json->is_object() && json->value("repro", Json()) == order.repro &&
                      json->value("variant", Json()) == order.variant;
    if (ours) argv.insert(argv.end(), {"--warm-arms", warm});
  }
  return argv;
}

}  // namespace

MachineCommand boot_command(const Hangrate& hangrate, const MatrixHeader& header,
                            std::uint64_t seed, const RowCell& cell, const BootOrder& boot) {
  const CellOrder& order = boot.order;
  MachineCommand argv = {hangrate.program,
                         "run",
                         order.repro + "/" + order.variant,
                         "--repro-dir",
                         hangrate.repro_dir,
                         "--trials",
                         std::to_string(boot.trials),
                         "--first-trial",
                         std::to_string(order.trials.first),
                         "--seed",
                         std::to_string(seed),
                         "--confidence",
                         fmt::format("{}", header.confidence),
                         "--quiet"};
  if (!header.trace.empty()) argv.insert(argv.end(), {"--trace", header.trace});
  for (const auto& [name, value] : order.params) {
    argv.insert(argv.end(), {"--param", name + "=" + value});
  }
  if (!boot.searches) return argv;
  argv.insert(argv.end(), {"--search", std::to_string(cell.search)});
  const MachineCommand warm = warm_arms(header, cell, order);
  argv.insert(argv.end(), warm.begin(), warm.end());
  return argv;
}

}  // namespace hangrate
