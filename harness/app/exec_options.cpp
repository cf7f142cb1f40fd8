// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/exec_options.h"

#include <CLI/CLI.hpp>

#include "harness/app/numbers.h"

namespace hangrate {

Result<Manifest> ExecOptions::manifest() const {
  CommandRequest request = command;
  request.hit_exit = hit_exit.value_or(0);
  return manifest_of(request);
}

std::vector<std::string> ExecOptions::words() const {
  std::vector<std::string> words = {"--exec", command.command};
  if (!command.name.empty()) words.insert(words.end(), {"--exec-name", command.name});
  if (command.time_limit_s != CommandRequest{}.time_limit_s) {
    words.insert(words.end(), {"--time-limit", std::to_string(command.time_limit_s)});
  }
  if (hit_exit) words.insert(words.end(), {"--hit-exit", std::to_string(*hit_exit)});
  for (const std::string& frame : command.frames) words.insert(words.end(), {"--frame", frame});
  return words;
}

void add_exec_options(CLI::App& app, ExecOptions& options) {
  CommandRequest& request = options.command;
  CLI::Option* exec = app.add_option("--exec", request.command,
                                     "Run this command instead, any program: a trial is one "
                                     "execution, a hit a hang that is proven "
                                     "by what its tasks wait for");
  app.add_option("--exec-name", request.name, "What reports call it (default: its first word)")
      ->needs(exec);
  app.add_option("--time-limit", request.time_limit_s,
                 "Seconds after which an execution is given up as stuck, never a hit (60)")
      ->needs(exec)
      ->check(whole_number(1, 3600));
  app.add_option("--hit-exit", options.hit_exit,
                 "Exit code that says \"reproduced\" (default as in kselftest: 1 does, 4 skips)")
      ->needs(exec)
      ->check(whole_number(1, 255));
  app.add_option("--frame", request.frames,
                 "A hang counts only if a task of it sleeps in this kernel function (repeatable)")
      ->needs(exec)
      ->allow_extra_args(false);
}

void expect_no_hang(StatedExpectations& stated, const std::string& name) {
  if (stated.contains(name)) return;
  stated[name] = {StatedWord::Fixed, "a command should not hang"};
}

}  // namespace hangrate
