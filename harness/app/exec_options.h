// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options that name a command of the user: `--exec` and those that go with it, of `hangrate
// run` and of `hangrate matrix`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/stated_expectation.h"
#include "harness/run/catalog.h"
#include "harness/run/command_manifest.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hangrate {

struct ExecOptions {
  CommandRequest command;
  std::optional<int> hit_exit;
  std::string signature;  ///< REPRO or REPRO/VARIANT that a hang of it must look like

  bool given() const { return !command.command.empty(); }
  /// The command as a reproducer; `catalog` has what `signature` names.
  Result<Manifest> manifest(const std::vector<CatalogEntry>& catalog) const;
  /// The options that say it again.
  std::vector<std::string> words() const;
};

void add_exec_options(CLI::App& app, ExecOptions& options);

/// A command is expected not to hang, unless somebody says otherwise.
void expect_no_hang(StatedExpectations& stated, const std::string& name);

}  // namespace hangrate
