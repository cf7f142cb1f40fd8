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
#include "harness/run/command_manifest.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hangrate {

struct ExecOptions {
  CommandRequest command;
  std::optional<int> hit_exit;

  bool given() const { return !command.command.empty(); }
  /// The command as a reproducer.
  Result<Manifest> manifest() const;
  /// The options that say it again.
  std::vector<std::string> words() const;
};

void add_exec_options(CLI::App& app, ExecOptions& options);

/// A command is expected not to hang, unless somebody says otherwise.
void expect_no_hang(StatedExpectations& stated, const std::string& name);

}  // namespace hangrate
