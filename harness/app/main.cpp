// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "harness/app/commands.h"
#include "harness/app/exit_codes.h"
#include "harness/app/parse.h"
#include "harness/app/version.h"

int main(int argc, char** argv) {
  using namespace hangrate;
  CLI::App app("hangrate: provokes, proves, times and explains rare kernel hangs", "hangrate");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(kExitCodeHelp);
  std::vector<std::pair<CLI::App*, CommandBody>> commands;
  const auto add = [&](CommandBody body) {
    commands.emplace_back(app.get_subcommands({}).back(), std::move(body));
  };
  add(add_run_command(app, {argv, argv + argc}));
  add(add_matrix_command(app, {argv, argv + argc}));
  add(add_kernel_command(app));
  add(add_list_command(app));
  add(add_describe_command(app));
  add(add_report_command(app));
  add(add_trace_command(app));
  add(add_diagnose_command(app, {argv, argv + argc}));
  add(add_doctor_command(app));
  if (const auto code = parse(app, argc, argv)) return *code;
  for (const auto& [command, body] : commands) {
    if (command->parsed()) return body();
  }
  return kExitUsage;
}
