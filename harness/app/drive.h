// SPDX-License-Identifier: GPL-2.0-or-later
//
// drive(): runs a plan and presents it. Shared by `hangrate run` and the hangrate of a guest.
// Returns the exit code.
#pragma once

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "harness/app/run_options.h"

namespace hangrate {

int drive(SessionPlan plan, const RunOptions& options);

/// fmt::print() throws when stdout is full; this leaves it to finish_stdout() to say so.
template <typename... Args>
void say(FILE* stream, fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stream);
}
template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say(stdout, format, std::forward<Args>(args)...);
}

/// The exit code of a command that printed its answer: `code`, unless stdout did not take it all.
int finish_stdout(int code);

/// Colour only on a terminal, unless refused by option or NO_COLOR.
bool colour_wanted(FILE* stream, bool refused);

/// Whether a file can be written there, as far as that can be known before: Usage error if not.
Result<void> check_output_path(const std::string& option, const std::string& path);

/// Prints an error as one line and returns its exit code.
int complain(const Error& error);

}  // namespace hangrate
