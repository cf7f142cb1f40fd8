// SPDX-License-Identifier: GPL-2.0-or-later
//
// One function per subcommand: adds itself to the application and returns what to call if it was
// chosen. Each cmd_*.cpp holds the options, their help and a short call into the layers.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace hangrate {

using CommandBody = std::function<int()>;

CommandBody add_run_command(CLI::App& app, std::vector<std::string> argv);
CommandBody add_list_command(CLI::App& app);
CommandBody add_describe_command(CLI::App& app);
CommandBody add_report_command(CLI::App& app);
CommandBody add_trace_command(CLI::App& app);
CommandBody add_diagnose_command(CLI::App& app, std::vector<std::string> argv);
CommandBody add_doctor_command(CLI::App& app);
CommandBody add_kernel_command(CLI::App& app);
CommandBody add_matrix_command(CLI::App& app, std::vector<std::string> argv);

}  // namespace hangrate
